"""Sends alerts that are due: signed webhooks, e-mail, and the staff's Telegram group through the outbox.

An alert may arrive twice (a process died after sending): each carries an id by which the receiver knows it.
A webhook is a POST of JSON with these headers:

    X-Amparo-Event       what happened, as ``emergency`` or ``closed``
    X-Amparo-Delivery    the alert's id, the same at each try
    X-Amparo-Timestamp   seconds since 1970, part of what is signed
    X-Amparo-Signature   ``v1=`` and the HMAC-SHA256, in hexadecimal, of ``<timestamp>.<body>``

The signing secret is not stored: it is derived from the installation's pepper and the webhook's key name.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol

import httpx
import structlog
from sqlalchemy import Connection, select, update

from bot.core.effects import Kind, Message
from bot.core.ports import Clock
from bot.helpline.alerts import Receivers, receivers_of
from bot.helpline.bell import Bell
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.dispatch import Lane, NewMessage, enqueue, group_lane
from bot.helpline.tables import helplines
from bot.helpline.work_tables import alerts

log = structlog.get_logger()

WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""Between one try and the next; after the last an alert counts as failed and is shown so."""

TIMEOUT_SECONDS = 10.0
_TOGETHER = 20
_AGAIN_IF_LOST = timedelta(minutes=2)


class Mailer(Protocol):
    """Sends an e-mail. Raises `AlertFailed` with a short name of the cause."""

    async def send(self, message: EmailMessage) -> None: ...


class AlertFailed(Exception):
    """An alert did not get through; the text is a short name without content."""


Words = Callable[[str, str, Mapping[str, Any]], tuple[str, str]]
"""Subject and text of an alert: (language, event, content)."""


@dataclass(frozen=True, slots=True)
class Due:
    """An alert on its way."""

    id: int
    event: str
    channel: str
    target: str
    content: Mapping[str, Any]
    attempts: int
    created_at: datetime
    receivers: Receivers


class AlertSender:
    """Sends what is due. Without a mailer, e-mail alerts fail visibly."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        words: Words,
        *,
        client: httpx.AsyncClient,
        mailer: Mailer | None = None,
        sender: str = "",
        delivery: Bell,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._words = words
        self._client = client
        self._mailer = mailer
        self._sender = sender
        self._delivery = delivery

    async def send_due(self) -> int:
        """Try every alert that is due now, at most 20; how many were tried."""
        now = self._clock.now()
        found = await self._database.run(_claim, now)
        for item in found:
            try:
                await self._send(item)
            except AlertFailed as error:
                await self._database.run(_failed, item, str(error)[:64], self._clock.now())
                log.warning("alert_failed", alert=item.id, channel=item.channel, cause=str(error)[:64])
            else:
                await self._database.run(_sent, item.id, self._clock.now())
        return len(found)

    async def _send(self, item: Due) -> None:
        match item.channel:
            case "webhook":
                await self._post(item)
            case "email":
                await self._mail(item)
            case _:
                await self._tell_group(item)

    async def _post(self, item: Due) -> None:
        """A redirect is a failure: the signed message was for this address alone."""
        key = dict(item.receivers.webhooks).get(item.target)
        if key is None:
            raise AlertFailed("receiver_gone")
        body = json.dumps(
            {"id": item.id, "event": item.event, "at": item.created_at.isoformat(), **item.content},
            sort_keys=True,
        ).encode()
        stamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Amparo-Event": item.event,
            "X-Amparo-Delivery": str(item.id),
            "X-Amparo-Timestamp": stamp,
            "X-Amparo-Signature": signature(webhook_secret(self._keyring, key), stamp, body),
        }
        try:
            answer = await self._client.post(
                item.target, content=body, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AlertFailed(type(error).__name__) from error
        if not answer.is_success:
            raise AlertFailed(f"status_{answer.status_code}")

    async def _mail(self, item: Due) -> None:
        if self._mailer is None or not self._sender:
            raise AlertFailed("no_mail_server")
        if item.target not in item.receivers.email:
            raise AlertFailed("receiver_gone")
        subject, text = self._words(item.receivers.language, item.event, item.content)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, item.target, subject
        message["Message-ID"] = f"<amparo-alert-{item.id}@{self._sender.rpartition('@')[2]}>"
        message.set_content(text)
        await self._mailer.send(message)

    async def _tell_group(self, item: Due) -> None:
        subject, text = self._words(item.receivers.language, item.event, item.content)
        told = await self._database.run(
            _enqueue, self._keyring, item, f"{subject}\n{text}", self._clock.now()
        )
        if not told:
            raise AlertFailed("no_bot_yet")
        self._delivery.ring()


def webhook_secret(keyring: Keyring, key: str) -> str:
    """The secret with which a webhook's messages are signed; administrators are shown it."""
    return hashlib.sha256(b"webhook" + keyring.subject_key(f"webhook:{key}")).hexdigest()


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The value of ``X-Amparo-Signature``."""
    return "v1=" + hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()


def _claim(connection: Connection, now: datetime) -> Sequence[Due]:
    """Alerts that are due; if this process dies with them, they are due again after two minutes."""
    query = (
        select(alerts, helplines.c.alerts.label("kept"))
        .join_from(alerts, helplines)
        .where(alerts.c.state == "queued", alerts.c.due_at <= now)
        .order_by(alerts.c.due_at, alerts.c.id)
        .limit(_TOGETHER)
        .with_for_update(of=alerts, skip_locked=True)
    )
    found = [
        Due(
            id=row.id,
            event=row.event,
            channel=row.channel,
            target=row.target,
            content=row.content,
            attempts=row.attempts + 1,
            created_at=row.created_at,
            receivers=receivers_of(row.kept),
        )
        for row in connection.execute(query)
    ]
    mine = update(alerts).where(alerts.c.id.in_([item.id for item in found]))
    connection.execute(mine.values(attempts=alerts.c.attempts + 1, due_at=now + _AGAIN_IF_LOST))
    return found


def _sent(connection: Connection, alert_id: int, now: datetime) -> None:
    mine = update(alerts).where(alerts.c.id == alert_id)
    connection.execute(mine.values(state="sent", finished_at=now, error=None))


def _failed(connection: Connection, item: Due, cause: str, now: datetime) -> None:
    over = item.attempts > len(WAITS)
    values: dict[str, Any] = {"error": cause}
    if over:
        values |= {"state": "failed", "finished_at": now}
    else:
        values["due_at"] = now + WAITS[item.attempts - 1]
    connection.execute(update(alerts).where(alerts.c.id == item.id).values(**values))


def _enqueue(connection: Connection, keyring: Keyring, item: Due, text: str, now: datetime) -> bool:
    lane: Lane | None = group_lane(connection, keyring, int(item.target), now)
    if lane is None:
        return False
    message = NewMessage(f"alert.{item.id}", Kind.NOTICE, Message(html.escape(text, quote=False)))
    enqueue(connection, keyring, lane, [message], now)
    return True
