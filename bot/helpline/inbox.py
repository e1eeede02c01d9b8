"""Stores updates before Telegram is told that they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.core.ports import Clock, IncomingUpdate
from bot.helpline import places
from bot.helpline.bell import Bell
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.sql import insert_new
from bot.helpline.tables import inbox


class Inbox:
    """`bot.core.ports.Inbox` on a database."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, bell: Bell) -> None:
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
        stored = await self._database.run(_insert, rows)
        if stored:
            self._bell.ring()
        return stored

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
            "state": "ready",
            "attempts": 0,
            "received_at": now,
            "due_at": now,
        }


_INSERT = {
    name: query.returning(inbox.c.id) for name, query in insert_new(inbox, "bot_id", "update_id").items()
}


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    return len(connection.execute(_INSERT[connection.dialect.name], rows).all())
