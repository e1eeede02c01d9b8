"""Numbers that tell whether the helpline works: they hold nothing about people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from bot.core.ports import Clock
from bot.core.taxonomy import Priority
from bot.helpline.database import Database
from bot.helpline.sql import word
from bot.helpline.tables import cases, inbox, outbox
from bot.helpline.tallies import sums
from bot.helpline.work_tables import alert_receivers, alerts

LATELY = timedelta(hours=24)


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


class Stats:
    """Reads the numbers; a few index-only counts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def counted(self, days: int = 30) -> Mapping[str, int]:
        """What was counted in the last days: answers to "did this help?", erasures, campaigns."""
        since = self._clock.now().date() - timedelta(days=days)
        return await self._database.read(sums, since)

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
    )


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
