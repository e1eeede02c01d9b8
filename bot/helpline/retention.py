"""Forgetting on time: what nobody needs any more is removed, a few rows a transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, or_, select, update

from bot.helpline import erasures, trail
from bot.helpline.care_tables import care_acts
from bot.helpline.database import Database
from bot.helpline.helplines import all_helplines
from bot.helpline.sql import ONE, word
from bot.helpline.staff import WINDOW
from bot.helpline.tables import (
    case_lines,
    cases,
    changes,
    conversations,
    inbox,
    outbox,
    sign_in_failures,
    staff_sessions,
    transcript,
)
from bot.helpline.work_tables import alerts

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Periods:
    """How long things are kept after they are over."""

    inbox_rows: timedelta = timedelta(hours=48)
    """Telegram delivers an update again for 24 hours; after a quiet week it may reuse the number."""

    dead_letters: timedelta = timedelta(days=30)
    outbox_texts: timedelta = timedelta(hours=24)
    outbox_rows: timedelta = timedelta(days=30)
    idle_conversations: timedelta = timedelta(days=180)
    changes: timedelta = timedelta(days=1)
    sessions: timedelta = timedelta(days=1)
    alerts: timedelta = timedelta(days=30)
    care: timedelta = timedelta(days=90)
    """As far back as the figures of a team reach."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows lost their text or went."""

    transcript: int
    inbox: int
    outbox_texts: int
    outbox: int
    case_texts: int
    conversations: int
    others: int


class Retention:
    """Removes what is over."""

    def __init__(self, database: Database, periods: Periods | None = None) -> None:
        self._database = database
        self._periods = periods or Periods()

    async def purge(self, now: datetime) -> Purged:
        """Forget all that is due at ``now``; each kind in transactions of at most 1000 rows."""
        p = self._periods
        return Purged(
            transcript=await self._all(_transcript, now),
            inbox=await self._all(_inbox, now - p.inbox_rows)
            + await self._all(_dead_letters, now - p.dead_letters),
            outbox_texts=await self._all(_outbox_texts, now - p.outbox_texts),
            outbox=await self._all(_outbox_rows, now - p.outbox_rows),
            case_texts=await self._all(_helpline_texts, now) + await self._all(_forgotten_texts, now),
            conversations=await self._all(_conversations, now - p.idle_conversations),
            others=await self._all(_changes, now - p.changes)
            + await self._all(_sessions, now - p.sessions)
            + await self._all(_sign_ins, now - WINDOW)
            + await self._all(_alerts, now - p.alerts)
            + await self._all(_care, now - p.care),
        )

    async def _all(self, work: Callable[[Connection, datetime], int], before: datetime) -> int:
        total = 0
        while True:
            count = await self._database.run(work, before)
            total += count
            if count < _BATCH:
                return total


def _remove(connection: Connection, table: Table[Any], condition: Any) -> int:
    key = next(iter(table.primary_key))
    some = select(key).where(condition).order_by(key).limit(_BATCH)
    return connection.execute(delete(table).where(key.in_(some))).rowcount


def _transcript(connection: Connection, now: datetime) -> int:
    return _remove(connection, transcript, transcript.c.expires_at <= now)


def _inbox(connection: Connection, before: datetime) -> int:
    return _remove(connection, inbox, and_(inbox.c.state == word("done"), inbox.c.finished_at <= before))


def _dead_letters(connection: Connection, before: datetime) -> int:
    return _remove(connection, inbox, and_(inbox.c.state == word("dead"), inbox.c.finished_at <= before))


_OVER = outbox.c.state.not_in((word("queued"), word("sending")))


def _outbox_texts(connection: Connection, before: datetime) -> int:
    over = and_(_OVER, outbox.c.finished_at <= before, outbox.c.payload.is_not(None))
    some = select(outbox.c.id).where(over).order_by(outbox.c.id).limit(_BATCH)
    return connection.execute(update(outbox).where(outbox.c.id.in_(some)).values(payload=None)).rowcount


def _outbox_rows(connection: Connection, before: datetime) -> int:
    """Rows that a case's line still points to stay: they say whether it was delivered."""
    shown = exists(ONE).where(case_lines.c.outbox_id == outbox.c.id)
    return _remove(connection, outbox, and_(_OVER, outbox.c.finished_at <= before, ~shown))


def _helpline_texts(connection: Connection, now: datetime) -> int:
    """Words of closed cases, as long as each helpline keeps them."""
    total = 0
    for line in all_helplines(connection):
        before = now - timedelta(days=line.retention_days)
        over = and_(cases.c.helpline_id == line.id, cases.c.closed_at <= before)
        total += _erase(connection, over, f"helpline={line.code}", now)
    return total


def _forgotten_texts(connection: Connection, now: datetime) -> int:
    """Words of cases that were still open when the person asked to be forgotten, and are closed now."""
    gone = select(conversations.c.id).where(conversations.c.forgotten_at.is_not(None))
    return _erase(connection, cases.c.conversation_id.in_(gone), "forgotten", now)


def _erase(connection: Connection, which: Any, why: str, now: datetime) -> int:
    """Destroy the keys of closed cases, and their texts; counts and flags stay."""
    over = and_(cases.c.state == word("closed"), cases.c.data_key.is_not(None), which)
    some = select(cases.c.id).where(over).order_by(cases.c.id).limit(_BATCH)
    ids = connection.execute(some).scalars().all()
    if ids:
        erasures.note_cases(connection, ids, now)
        connection.execute(update(case_lines).where(case_lines.c.case_id.in_(ids)).values(body=None))
        connection.execute(update(cases).where(cases.c.id.in_(ids)).values(data_key=None, draft=None))
        detail = f"cases={len(ids)} {why}"
        trail.note(connection, trail.Entry(now, None, None, "words_erased", detail))
    return len(ids)


def _conversations(connection: Connection, before: datetime) -> int:
    """Forgotten or long silent chats without an open case and with nothing on its way."""
    own_case = and_(cases.c.conversation_id == conversations.c.id, cases.c.state != word("closed"))
    waiting = and_(
        outbox.c.conversation_id == conversations.c.id,
        outbox.c.state.in_((word("queued"), word("sending"))),
        ~outbox.c.waits,  # for a person who never wrote again
    )
    arriving = and_(inbox.c.chat_key == conversations.c.chat_key, inbox.c.state == word("ready"))
    idle = or_(conversations.c.seen_at <= before, conversations.c.forgotten_at.is_not(None))
    busy = or_(*(exists(ONE).where(condition) for condition in (own_case, waiting, arriving)))
    return _remove(connection, conversations, and_(idle, ~busy))


def _changes(connection: Connection, before: datetime) -> int:
    return _remove(connection, changes, changes.c.at <= before)


def _sessions(connection: Connection, before: datetime) -> int:
    ended = or_(staff_sessions.c.ended_at <= before, staff_sessions.c.expires_at <= before)
    return _remove(connection, staff_sessions, ended)


def _alerts(connection: Connection, before: datetime) -> int:
    return _remove(connection, alerts, alerts.c.finished_at <= before)


def _care(connection: Connection, before: datetime) -> int:
    return _remove(connection, care_acts, care_acts.c.at <= before)


def _sign_ins(connection: Connection, before: datetime) -> int:
    return _remove(connection, sign_in_failures, sign_in_failures.c.at <= before)
