"""Sends alerts that are due: signed webhooks, e-mail, and the staff's Telegram group through the outbox.

An alert may arrive twice (a process died after sending): each carries a number by which the receiver
knows it. The three channels are worked on side by side: a dead webhook holds up no e-mail.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, select

from bot.core.effects import Kind, Message
from bot.core.ports import Clock
from bot.errors import StoreError
from bot.helpline import alert_queue
from bot.helpline.alert_queue import WAITS, Due
from bot.helpline.bell import Bell
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.dispatch import NewMessage, enqueue, group_lane
from bot.helpline.receivers import CHANNELS, Receiver
from bot.helpline.tables import outbox
from bot.helpline.webhooks import AlertFailed, Poster, body_of, headers_of

log = structlog.get_logger()

LOOK_EVERY = 2.0
"""Seconds between two looks for alerts that are due."""

_ON_ITS_WAY = timedelta(seconds=5)
_TELEGRAM_TRIES = 3


class Mailer(Protocol):
    """Sends e-mail."""

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send a text; ``message_id`` is the same at each try. Raises `AlertFailed`."""
        ...


Words = Callable[[str, str, str, Mapping[str, Any]], tuple[str, str]]
"""Subject and text of an alert: (language, time zone, event, content)."""


class _Underway(Exception):
    """The message waits in the outbox."""


class AlertSender:
    """Sends what is due. Without a mailer, e-mail alerts fail visibly."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        *,
        words: Words,
        poster: Poster,
        mailer: Mailer | None,
        delivery: Bell,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._words = words
        self._poster = poster
        self._mailer = mailer
        self._delivery = delivery

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            for channel in CHANNELS:
                group.create_task(self._loop(channel))

    async def _loop(self, channel: str) -> None:
        while True:
            try:
                tried = await self.send_due(channel)
            except StoreError as error:
                tried = 0
                log.warning("alerts_not_read", channel=channel, error=type(error).__name__)
            if not tried:
                await asyncio.sleep(LOOK_EVERY)

    async def send_due(self, channel: str) -> int:
        """Try alerts of a channel (webhook, email, telegram) that are due, at most 20; how many."""
        now = self._clock.now()
        if not await self._database.read(alert_queue.waiting, channel, now):
            return 0
        found = await self._database.run(alert_queue.claim, self._keyring, channel, now)
        async with asyncio.TaskGroup() as group:
            for item in found:
                group.create_task(self._try(item))
        return len(found)

    async def _try(self, item: Due) -> None:
        run = self._database.run
        if item.receiver is None:
            await run(alert_queue.failed, item, "receiver_gone", self._clock.now(), final=True)
            return
        try:
            await self._send(item, item.receiver)
        except _Underway:
            await run(alert_queue.later, item.id, self._clock.now() + _ON_ITS_WAY)
        except AlertFailed as error:
            cause = str(error)[:64]
            over = await run(alert_queue.failed, item, cause, self._clock.now())
            log.warning("alert_failed", alert=item.id, channel=item.channel, cause=cause, given_up=over)
        else:
            await run(alert_queue.sent, item.id, self._clock.now())

    async def _send(self, item: Due, to: Receiver) -> None:
        if item.channel == "webhook":
            body = body_of(item.event, item.created_at.isoformat(), item.content)
            stamp = int(self._clock.now().timestamp())
            await self._poster.post(to.address, body, headers_of(to.secret, str(item.id), stamp, body))
            return
        subject, text = self._words(item.language, item.zone, item.event, item.content)
        if item.channel == "telegram":
            await self._tell_group(item, int(to.address), f"{subject}\n{text}")
        elif self._mailer is None:
            raise AlertFailed("no_mail_server")
        else:
            await self._mailer.send(to.address, subject, text, f"amparo-alert-{item.id}")

    async def _tell_group(self, item: Due, group: int, text: str) -> None:
        """Into the outbox, then looked at until Telegram took it."""
        now = self._clock.now()
        state = await self._database.run(_tell_group, self._keyring, item, group, text, now)
        if state == "sent":
            return
        if state not in ("queued", "sending"):
            raise AlertFailed(state)
        self._delivery.ring()
        raise _Underway


def _tell_group(
    connection: Connection, keyring: Keyring, item: Due, group: int, text: str, now: datetime
) -> str:
    """How far the message for a group has come; said anew, a few times, where it did not get through.

    ``no_bot_yet`` while no bot has ever run here. A doubtful one is said again: twice is better than never.
    """
    tokens = [f"alert.{item.id}.{number}" for number in range(_TELEGRAM_TRIES)]
    said = select(outbox.c.state).where(outbox.c.token.in_(tokens)).order_by(outbox.c.id)
    states = [str(row.state) for row in connection.execute(said)]
    if states and (states[-1] in ("queued", "sending", "sent") or len(states) == _TELEGRAM_TRIES):
        return states[-1]
    lane = group_lane(connection, keyring, group, now)
    if lane is None:
        return "no_bot_yet"
    later = now + WAITS[len(states) - 1] if states else None
    message = Message(html.escape(text, quote=False))
    new = NewMessage(tokens[len(states)], Kind.NOTICE, message, not_before=later)
    enqueue(connection, keyring, lane, [new], now)
    return "queued"
