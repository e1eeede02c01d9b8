"""Figures of one helpline, for those who may see numbers: nothing about people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from bot.core.case import CaseState
from bot.core.taxonomy import Priority
from bot.helpline.sql import word
from bot.helpline.tables import cases

PERIOD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of cases. ``opened``, ``closed`` and ``answered`` are of the last seven days.

    ``first_answer`` is the median time in seconds from opening to the first word of a person, 0 where nobody
    was answered yet.
    """

    open: Mapping[Priority, int]
    states: Mapping[CaseState, int]
    overdue: int
    opened: int
    closed: int
    answered: int
    first_answer: float


def figures(connection: Connection, helpline_id: int | None, now: datetime) -> Figures:
    """The figures of a helpline at a moment."""
    own, since = cases.c.helpline_id == helpline_id, now - PERIOD
    running = (own, cases.c.state != word("closed"))
    grouped = select(cases.c.rank, cases.c.state, func.count().label("n")).where(*running)
    by_priority, by_state = dict.fromkeys(Priority, 0), dict.fromkeys(CaseState, 0)
    for row in connection.execute(grouped.group_by(cases.c.rank, cases.c.state)):
        by_priority[Priority(-row.rank)] += row.n
        by_state[CaseState(row.state)] += row.n
    times = select(cases.c.opened_at, cases.c.answered_at).where(own, cases.c.answered_at > since)
    waits = sorted((r.answered_at - r.opened_at).total_seconds() for r in connection.execute(times))
    count = select(func.count()).select_from(cases)
    by_state[CaseState.CLOSED] = connection.execute(
        count.where(own, cases.c.state == word("closed"))
    ).scalar_one()
    return Figures(
        open=by_priority,
        states=by_state,
        overdue=connection.execute(
            count.where(own, cases.c.state == word("new"), cases.c.due_at < now)
        ).scalar_one(),
        opened=connection.execute(count.where(own, cases.c.opened_at > since)).scalar_one(),
        closed=connection.execute(count.where(own, cases.c.closed_at > since)).scalar_one(),
        answered=len(waits),
        first_answer=waits[len(waits) // 2] if waits else 0.0,
    )
