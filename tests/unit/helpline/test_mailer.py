"""E-mail goes out over TLS, to a real SMTP server in this process."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.helpline.mailer import MailServer, SmtpMailer
from bot.helpline.webhooks import AlertFailed
from tests.clock import FixedClock
from tests.tls import contexts

PASSWORD = "hush hush"


class Box:
    """Keeps what was handed in, or refuses it."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return self.answer

    def message(self) -> EmailMessage:
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        found = message_from_bytes(envelope.content, policy=default)
        assert isinstance(found, EmailMessage)
        return found


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(b"amparo", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def smtp(box: Box, first: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """A mail server; its port. With ``first`` it speaks TLS from the first byte."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, **options), "localhost", 0, ssl=first)
    async with server:
        yield server.sockets[0].getsockname()[1]


def mailer(port: int, trusting: ssl.SSLContext | None, **more: Any) -> SmtpMailer:
    server = MailServer("localhost", port, "amparo@helpline.example", context=trusting, **more)
    return SmtpMailer(server, FixedClock())


async def test_a_message_arrives_over_starttls_after_signing_in(tmp_path: Path) -> None:
    serving, trusting = contexts(tmp_path, "localhost")
    box = Box()
    async with smtp(box, tls_context=serving, require_starttls=True, authenticator=authenticate) as port:
        sender = mailer(port, trusting, user="amparo", password=PASSWORD)
        await sender.send("lead@helpline.example", "Amparo: una emergencia", "Señal ñ", "amparo-alert-7")
    found = box.message()
    assert found["To"] == "lead@helpline.example"
    assert found["From"] == "amparo@helpline.example"
    assert found["Subject"] == "Amparo: una emergencia"
    assert found["Message-ID"] == "<amparo-alert-7@helpline.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    assert found.get_content().strip() == "Señal ñ"


async def test_a_message_arrives_over_tls_from_the_first_byte(tmp_path: Path) -> None:
    serving, trusting = contexts(tmp_path, "localhost")
    box = Box()
    async with smtp(box, serving) as port:
        await mailer(port, trusting, security="tls").send("lead@helpline.example", "s", "t", "id")
    assert len(box.envelopes) == 1


async def test_without_tls_nothing_is_handed_in() -> None:
    box = Box()
    async with smtp(box) as port:
        with pytest.raises(AlertFailed):
            await mailer(port, None).send("lead@helpline.example", "s", "t", "id")
        assert box.envelopes == []
        await mailer(port, None, security="none").send("lead@helpline.example", "s", "t", "id")
    assert len(box.envelopes) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    serving, _ = contexts(tmp_path, "localhost")
    box = Box()
    async with smtp(box, tls_context=serving) as port:
        with pytest.raises(AlertFailed):
            await mailer(port, ssl.create_default_context()).send("lead@helpline.example", "s", "t", "id")
    assert box.envelopes == []


@pytest.mark.parametrize(
    ("answer", "cause"), [("550 no such person: hush", "smtp_550"), ("451 later", "smtp_451")]
)
async def test_a_refusal_is_told_by_its_number_alone(tmp_path: Path, answer: str, cause: str) -> None:
    box = Box(answer)
    async with smtp(box) as port:
        with pytest.raises(AlertFailed) as caught:
            await mailer(port, None, security="none").send("lead@helpline.example", "s", "t", "id")
    assert str(caught.value) == cause


async def test_a_wrong_password_shows_as_such_and_is_not_repeated(tmp_path: Path) -> None:
    serving, trusting = contexts(tmp_path, "localhost")
    async with smtp(Box(), tls_context=serving, require_starttls=True, authenticator=authenticate) as port:
        sender = mailer(port, trusting, user="amparo", password="wrong SECRET")
        with pytest.raises(AlertFailed, match="smtp_535"):
            await sender.send("lead@helpline.example", "s", "t", "id")


async def test_nobody_there_is_a_failure() -> None:
    async with smtp(Box()) as port:
        pass
    with pytest.raises(AlertFailed):
        await mailer(port, None).send("lead@helpline.example", "s", "t", "id")
