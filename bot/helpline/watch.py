"""What nobody has looked at in time: the lead is told, and told again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, literal, or_, select

from bot.core.case import CLOCK_STATES, Author
from bot.core.taxonomy import Priority
from bot.helpline import alerts, changes
from bot.helpline.casefile import CaseFile, NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.sql import ONE, word
from bot.helpline.tables import UtcDateTime, cases, inbox, outbox


def _minutes(*counts: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=count) for count in counts)


LATE: Mapping[Priority, tuple[timedelta, ...]] = {
    Priority.EMERGENCY: _minutes(0, 5, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480),
    Priority.URGENT: _minutes(0, 30),
    Priority.ROUTINE: _minutes(0, 240),
}
"""How long after its due time a case calls the lead: twice, and for danger to life until somebody has answered."""

OFTEN = 2
"""Who was called so often for a case has left it waiting."""

_BATCH = 100


def tell_overdue(connection: Connection, keyring: Keyring, now: datetime) -> int:
    """Write down an alert for cases that became overdue, or stayed so; returns how many."""
    steps = [
        _reached(priority, step, now - late)
        for priority, waits in LATE.items()
        for step, late in enumerate(waits)
    ]
    late = (
        case_query()
        .where(cases.c.state.in_([word(state.value) for state in CLOCK_STATES]))
        .where(or_(*steps))
        .order_by(cases.c.rank, cases.c.due_at)
        .limit(_BATCH)
        .with_for_update(of=cases, key_share=True, skip_locked=True)
    )
    found = [case_file(row) for row in connection.execute(late)]
    entries = []
    for case in found:
        what = "overdue_again" if case.alarm else "overdue"
        case.alarm = _next_step(case, now)
        line = NewLine(f"{what}.{case.version}", Author.SYSTEM, now, key=what)
        add_lines(connection, keyring, case, [line])
        add_event(connection, case.id, None, what, now)
        save_case(connection, case)
        alerts.post(connection, case, [what], now)
        entries.append((case.id, what))
    changes.note(connection, entries, now)
    return len(found)


def _reached(priority: Priority, step: int, before: datetime) -> ColumnElement[bool]:
    return and_(
        cases.c.alarm == step, cases.c.rank == -int(priority), cases.c.due_at <= literal(before, UtcDateTime)
    )


def _next_step(case: CaseFile, now: datetime) -> int:
    """The first call is followed by the second however late it is; steps missed since then are not made up for."""
    if case.alarm == 0:
        return 1
    return sum(case.due_at + late <= now for late in LATE[case.priority])


STILL = timedelta(minutes=10)
"""A message that nobody works on for so long means that something does not run."""


def tell_standstill(connection: Connection, now: datetime) -> bool:
    """Alert whoever runs the installation where messages stand still; whether it was told now."""
    before = literal(now - STILL, UtcDateTime)
    unread = exists(ONE).where(inbox.c.state == word("ready"), inbox.c.received_at <= before)
    unsent = exists(ONE).where(
        outbox.c.state == word("queued"),
        outbox.c.created_at <= before,
        ~outbox.c.waits,
        outbox.c.not_before.is_(None),
    )
    if not connection.execute(select(or_(unread, unsent))).scalar_one():
        return False
    return alerts.post_trouble(connection, alerts.STANDSTILL, now)
