"""Changing the key of what is stored, while everything goes on: a few rows a transaction.

What is under a data key of its own (the lines of a case) stays as it is; the wrapped data key is changed.
A row that somebody writes at the same moment keeps what he or she wrote, and is looked at again in the
next round. It may be stopped at any time: what is done is told by the rows themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, FromClause, LargeBinary, bindparam, func, select, update

from bot.core.ports import Clock
from bot.errors import KeyringError
from bot.helpline import places, trail
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.tables import cases, conversations, inbox, meta, outbox, staff, transcript
from bot.helpline.work_tables import alert_receivers

_BATCH = 200
_ROUNDS = 5
_CHECK = "meta.check"
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A column under the ring, and how to know the place that each of its values is bound to."""

    column: Column[Any]
    place: Callable[[Any], str]
    needs: tuple[Any, ...]
    source: FromClause

    @property
    def name(self) -> str:
        return f"{self.column.table.name}.{self.column.name}"


def _kept(column: Any, place: Callable[[Any], str], *needs: Any, source: Any = None) -> Kept:
    return Kept(column, place, needs, column.table if source is None else source)


KEPT: tuple[Kept, ...] = (
    _kept(cases.c.data_key, lambda r: places.case_key(r.reference), cases.c.reference),
    _kept(conversations.c.chat_id, lambda r: places.chat_id(r.chat_key), conversations.c.chat_key),
    _kept(conversations.c.state, lambda r: places.conversation_state(r.chat_key), conversations.c.chat_key),
    _kept(inbox.c.raw, lambda r: places.inbox_raw(r.bot_id, r.update_id), inbox.c.bot_id, inbox.c.update_id),
    _kept(inbox.c.chat_id, lambda r: places.chat_id(r.chat_key), inbox.c.chat_key),
    _kept(outbox.c.payload, lambda r: places.outbox_payload(r.token), outbox.c.token),
    _kept(
        transcript.c.body,
        lambda r: places.transcript_body(r.chat_key, r.token),
        transcript.c.token,
        conversations.c.chat_key,
        source=transcript.join(conversations, conversations.c.id == transcript.c.conversation_id),
    ),
    _kept(staff.c.totp, lambda r: places.staff_totp(r.id)),
    _kept(staff.c.avoids, lambda r: places.staff_avoids(r.id)),
    _kept(alert_receivers.c.sealed, lambda r: places.alert_receiver(r.token), alert_receivers.c.token),
)
"""Every column that is encrypted by the ring; a test holds it equal to the tables."""

UNDER_DATA_KEYS = ("cases.draft", "case_lines.body")


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many values were changed, how many are still under an older key, and how many nobody can read."""

    changed: int
    left: int
    unreadable: int


class Rotation:
    """Brings all that is stored under the newest key."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def left(self) -> int:
        """How many values are not under the newest key."""
        return await self._database.read(_left, self._keyring.newest_prefix)

    async def run(self, tell: Tell | None = None) -> Rotated:
        """Change all that is under an older key, in as many rounds as others' writing makes needed."""
        total, changed, unreadable = await self.left(), 0, 0
        for _ in range(_ROUNDS):
            unreadable = 0
            for kept in KEPT:
                async for done, bad in self._column(kept):
                    changed, unreadable = changed + done, unreadable + bad
                    if tell is not None and total:
                        tell(kept.name, min(changed / total, 0.999))
            if await self.left() <= unreadable:
                break
        left = await self.left()
        await self._database.run(_finish, self._keyring, changed, left, self._clock.now())
        if tell is not None:
            tell("done", 1.0)
        return Rotated(changed, left, unreadable)

    async def _column(self, kept: Kept) -> AsyncIterator[tuple[int, int]]:
        after = 0
        while True:
            last, done, bad = await self._database.run(_batch, self._keyring, kept, after)
            yield done, bad
            if last is None:
                return
            after = last


def _old(kept: Kept, prefix: bytes) -> tuple[Any, ...]:
    begins = func.substr(kept.column, 1, len(prefix), type_=LargeBinary)
    return kept.column.is_not(None), begins != prefix


def values_under_old_keys(connection: Connection, keyring: Keyring) -> int:
    """How many values are not under the newest key."""
    return _left(connection, keyring.newest_prefix)


def _left(connection: Connection, prefix: bytes) -> int:
    return sum(
        connection.execute(
            select(func.count()).select_from(kept.column.table).where(*_old(kept, prefix))
        ).scalar_one()
        for kept in KEPT
    )


def _batch(connection: Connection, keyring: Keyring, kept: Kept, after: int) -> tuple[int | None, int, int]:
    """The last id that was looked at (None at the end), how many values were changed, how many unreadable."""
    key = kept.column.table.c.id
    query = select(key.label("id"), kept.column.label("value"), *kept.needs).select_from(kept.source)
    some = query.where(key > after, *_old(kept, keyring.newest_prefix)).order_by(key).limit(_BATCH)
    rows = connection.execute(some).all()
    fresh = list(_rewrapped(keyring, kept, rows))
    bad = len(rows) - len(fresh)
    if fresh:
        mine = update(kept.column.table).where(key == bindparam("b_id"), kept.column == bindparam("b_old"))
        connection.execute(mine.values({kept.column.name: bindparam("b_new")}), fresh)
    return (rows[-1].id if len(rows) == _BATCH else None), len(fresh), bad


def _rewrapped(keyring: Keyring, kept: Kept, rows: Any) -> Iterator[dict[str, Any]]:
    for row in rows:
        try:
            new = keyring.rewrap(row.value, kept.place(row))
        except KeyringError:
            continue
        if new is not None:
            yield {"b_id": row.id, "b_old": row.value, "b_new": new}


def _finish(connection: Connection, keyring: Keyring, changed: int, left: int, now: datetime) -> None:
    """The value by which wrong keys show at the start is under the newest key too."""
    value = keyring.encrypt(_CHECK, _CHECK).hex()
    connection.execute(update(meta).where(meta.c.key == "keys").values(value=value))
    trail.note(connection, trail.Entry(now, None, None, "keys_rotated", f"changed={changed} left={left}"))
