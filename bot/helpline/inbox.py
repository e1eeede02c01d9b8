"""Stores updates before Telegram is told that they arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bot.core.case import HELD_STATES
from bot.core.ports import ChatId, Clock, IncomingUpdate
from bot.helpline import places
from bot.helpline.bell import Bell
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.sql import ONE, insert_new, moment, word
from bot.helpline.tables import cases, conversations, inbox

PATIENCE = timedelta(seconds=1.5)
"""How long a short text without danger waits for the next one, which is then read with it."""

_LONGEST = 3
"""Times that patience, after which a burst is answered even while the person goes on writing."""


class Inbox:
    """`bot.core.ports.Inbox` on a database."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, bell: Bell, patience: timedelta = PATIENCE
    ) -> None:
        self._patience = patience
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._bell = bell

    async def store(self, bot_id: int, updates: Sequence[IncomingUpdate]) -> int:
        """Store and commit a batch, chat ids and contents encrypted; returns how many were new.

        Raises `StoreUnavailable` where nothing was stored.
        """
        if not updates:
            return 0
        now = self._clock.now()
        rows = [self._row(bot_id, update, now) for update in updates]
        stored = await self._database.run(_insert, rows, now, self._patience)
        if stored:
            self._bell.ring()
            if any(update.patient for update in updates):
                asyncio.get_running_loop().call_later(self._patience.total_seconds(), self._bell.ring)
        return stored

    async def attended(self, bot_id: int, chat_id: ChatId) -> bool:
        """Whether somebody of the staff has this chat now."""
        key = self._keyring.chat_key(bot_id, chat_id)
        return await self._database.read(_attended, key, self._clock.now())

    def _row(self, bot_id: int, update: IncomingUpdate, now: datetime) -> dict[str, Any]:
        keyring, chat_id = self._keyring, None
        if update.chat_id is None:
            key = keyring.lone_key(bot_id, update.update_id)
        else:
            key = keyring.chat_key(bot_id, update.chat_id)
            chat_id = keyring.encrypt(update.chat_id, places.chat_id(key))
        return {
            "bot_id": bot_id,
            "update_id": update.update_id,
            "chat_key": key,
            "chat_id": chat_id,
            "raw": keyring.encrypt(update.raw, places.inbox_raw(bot_id, update.update_id)),
            "danger": update.danger,
            "urgent": bool(update.danger),
            "plain": update.plain,
            "state": "ready",
            "attempts": 0,
            "received_at": now,
            "due_at": now + self._patience if update.patient else now,
        }


_INSERT = {
    name: query.returning(inbox.c.id) for name, query in insert_new(inbox, "bot_id", "update_id").items()
}


def _insert(
    connection: Connection, rows: Sequence[dict[str, Any]], now: datetime, patience: timedelta
) -> int:
    new = len(connection.execute(_INSERT[connection.dialect.name], rows).all())
    for row in rows:
        waiting = {"b_chat": row["chat_key"], "now": now, "since": now - _LONGEST * patience}
        connection.execute(_LATER if row["due_at"] > now else _AT_ONCE, {**waiting, "due": row["due_at"]})
    return new


_WAITING = (
    inbox.c.chat_key == bindparam("b_chat"),
    inbox.c.state == word("ready"),
    inbox.c.attempts == 0,
    inbox.c.due_at > moment("now"),
)
_AT_ONCE = update(inbox).where(*_WAITING).values(due_at=moment("now"))
_LATER = update(inbox).where(*_WAITING, inbox.c.received_at > moment("since")).values(due_at=moment("due"))


def _attended(connection: Connection, chat_key: bytes, now: datetime) -> bool:
    held = cases.join(conversations, conversations.c.id == cases.c.conversation_id)
    query = select(ONE).select_from(held).where(conversations.c.chat_key == chat_key)
    with_staff = query.where(cases.c.state.in_(_HELD), cases.c.lease_until > now)
    return connection.execute(with_staff.limit(ONE)).one_or_none() is not None


_HELD = [word(state.value) for state in HELD_STATES]
