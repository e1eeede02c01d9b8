"""Numbers that tell whether the helpline works: they hold nothing about people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from bot.core.ports import Clock
from bot.core.taxonomy import Priority
from bot.helpline.database import Database
from bot.helpline.sql import word
from bot.helpline.tables import cases, inbox, meta, outbox
from bot.helpline.tallies import sums
from bot.helpline.work_tables import alert_receivers, alerts

LATELY = timedelta(hours=24)
_PENDING = "pending."


@dataclass(frozen=True, slots=True)
class Numbers:
    """Counts of rows, and ages in seconds (0 where nothing waits)."""

    inbox_waiting: int
    inbox_oldest: float
    dead_letters: int
    outbox_queued: int
    outbox_oldest: float
    outbox_uncertain: int
    cases_open: Mapping[Priority, int]
    cases_overdue: int
    alerts_queued: int
    alerts_oldest: float
    alerts_failed: int
    """Given up in the last 24 hours."""

    alert_receivers: int
    """Of all helplines; without any, nobody is called outside of the console."""

    received: int
    """In the last 24 hours; those handled, those that wait and those given up are together as many."""

    handled: int
    waiting: int
    given_up: int
    telegram_pending: int | None
    """What Telegram itself says it still holds; None where no bot asked within a day."""

    telegram_asked: float | None
    """Seconds since it said so."""


class Stats:
    """Reads the numbers; a few index-only counts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def counted(self, days: int = 30) -> Mapping[str, int]:
        """What was counted in the last days: answers to "did this help?", erasures, campaigns."""
        since = self._clock.now().date() - timedelta(days=days)
        return await self._database.read(sums, since)

    async def telegram_holds(self, bot_id: int, count: int) -> None:
        """Keep how many updates Telegram says it still holds for a bot."""
        await self._database.run_lax(_keep_pending, bot_id, count, self._clock.now())

    async def numbers(self) -> Numbers:
        """The numbers of now."""
        return await self._database.read(_numbers, self._clock.now())


def _numbers(connection: Connection, now: datetime) -> Numbers:
    waiting, received = _waiting(connection, inbox, inbox.c.received_at, "ready")
    queued, created = _waiting(connection, outbox, outbox.c.created_at, "queued", _ON_ITS_WAY)
    unsent, posted = _waiting(connection, alerts, alerts.c.created_at, "queued")
    lately = alerts.c.finished_at > now - LATELY
    is_open = cases.c.state != word("closed")
    by_rank = select(cases.c.rank, func.count()).where(is_open).group_by(cases.c.rank)
    found = {Priority(-rank): count for rank, count in connection.execute(by_rank)}
    unheld = select(func.count()).where(cases.c.state == word("new"), cases.c.due_at < now)
    pending, asked = _pending(connection, now)
    lot = _lot(connection, now)
    return Numbers(
        inbox_waiting=waiting,
        inbox_oldest=_age(received, now),
        dead_letters=_waiting(connection, inbox, inbox.c.received_at, "dead")[0],
        outbox_queued=queued,
        outbox_oldest=_age(created, now),
        outbox_uncertain=_waiting(connection, outbox, outbox.c.created_at, "uncertain")[0],
        cases_open={priority: found.get(priority, 0) for priority in Priority},
        cases_overdue=connection.execute(unheld).scalar_one(),
        alerts_queued=unsent,
        alerts_oldest=_age(posted, now),
        alerts_failed=_waiting(connection, alerts, alerts.c.created_at, "failed", lately)[0],
        alert_receivers=connection.execute(select(func.count()).select_from(alert_receivers)).scalar_one(),
        received=sum(lot.values()),
        handled=lot.get("done", 0),
        waiting=lot.get("ready", 0),
        given_up=lot.get("dead", 0),
        telegram_pending=pending,
        telegram_asked=asked,
    )


def _lot(connection: Connection, now: datetime) -> Mapping[str, int]:
    """What became of all that came in the last 24 hours, by state."""
    lately = select(inbox.c.state, func.count()).where(inbox.c.received_at > now - LATELY)
    return {row[0]: row[1] for row in connection.execute(lately.group_by(inbox.c.state))}


def _keep_pending(connection: Connection, bot_id: int, count: int, now: datetime) -> None:
    row = {"key": f"{_PENDING}{bot_id}", "value": f"{int(count)} {now.isoformat()}"}
    connection.execute(delete(meta).where(meta.c.key == row["key"]))
    connection.execute(insert(meta).values(**row))


def _pending(connection: Connection, now: datetime) -> tuple[int | None, float | None]:
    """Of all bots that asked within a day, and how long ago the one that asked first did."""
    kept = connection.execute(select(meta.c.value).where(meta.c.key.startswith(_PENDING))).scalars()
    said = [(int(count), _age(datetime.fromisoformat(at), now)) for count, at in map(str.split, kept)]
    said = [item for item in said if item[1] <= LATELY.total_seconds()]
    if not said:
        return None, None
    return sum(count for count, _ in said), max(age for _, age in said)


# What waits for its hour, or for the person, is not late.
_ON_ITS_WAY = and_(~outbox.c.waits, outbox.c.not_before.is_(None))


def _waiting(
    connection: Connection, table: Any, at: Any, state: str, more: ColumnElement[bool] | None = None
) -> tuple[int, datetime | None]:
    query = select(func.count(), func.min(at)).where(table.c.state == word(state))
    query = query if more is None else query.where(more)
    count, oldest = connection.execute(query).one()
    return count, oldest


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
