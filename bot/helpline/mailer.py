"""E-mail to the staff by SMTP, encrypted on the way."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from bot.core.ports import Clock
from bot.helpline.webhooks import AlertFailed

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in.

    ``security``: ``starttls`` (required, never only tried), ``tls`` from the first byte, or ``none``.
    ``context``: whose certificates are trusted; the machine's own authorities by default.
    """

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = ""
    context: ssl.SSLContext | None = None


class SmtpMailer:
    """Sends each e-mail over a connection of its own: there are few, and far between."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send a text. Raises `AlertFailed` with a short name of the cause."""
        server = self._server
        try:
            await aiosmtplib.send(
                self._message(to, subject, text, message_id),
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                tls_context=server.context,
                timeout=TIMEOUT_SECONDS,
                local_hostname=self._domain,
            )
        except aiosmtplib.SMTPResponseException as error:
            raise AlertFailed(f"smtp_{error.code}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise AlertFailed(type(error).__name__) from error

    @property
    def _domain(self) -> str:
        return self._server.sender.rpartition("@")[2]

    def _message(self, to: str, subject: str, text: str, message_id: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._server.sender, to, subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{message_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
        message.set_content(text)
        return message
