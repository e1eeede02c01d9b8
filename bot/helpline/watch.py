"""What nobody has looked at in time: the lead is told, and told again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, literal, or_

from bot.core.case import CLOCK_STATES, Author
from bot.core.taxonomy import Priority
from bot.helpline import alerts, changes
from bot.helpline.casefile import NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.sql import word
from bot.helpline.tables import UtcDateTime, cases

AGAIN = {
    Priority.EMERGENCY: timedelta(minutes=5),
    Priority.URGENT: timedelta(minutes=30),
    Priority.ROUTINE: timedelta(hours=4),
}
"""How long after the due time the second alert goes out."""

_BATCH = 100
ALARMS = ("overdue", "overdue_again")
"""What the lead is called for, one after the other."""


def tell_overdue(connection: Connection, keyring: Keyring, now: datetime) -> int:
    """Write down an alert for cases that became overdue, or stayed so; returns how many."""
    again = or_(
        *(
            and_(cases.c.rank == -int(priority), cases.c.due_at <= literal(now - wait, UtcDateTime))
            for priority, wait in AGAIN.items()
        )
    )
    first = and_(cases.c.alarm == 0, cases.c.due_at <= literal(now, UtcDateTime))
    late = (
        case_query()
        .where(cases.c.state.in_([word(state.value) for state in CLOCK_STATES]))
        .where(or_(first, and_(cases.c.alarm == 1, again)))
        .order_by(cases.c.rank, cases.c.due_at)
        .limit(_BATCH)
        .with_for_update(of=cases, key_share=True, skip_locked=True)
    )
    found = [case_file(row) for row in connection.execute(late)]
    entries = []
    for case in found:
        what = ALARMS[case.alarm]
        case.alarm += 1
        line = NewLine(f"{what}.{case.version}", Author.SYSTEM, now, key=what)
        add_lines(connection, keyring, case, [line])
        add_event(connection, case.id, None, what, now)
        save_case(connection, case)
        alerts.post(connection, case, [what], now)
        entries.append((case.id, what))
    changes.note(connection, entries, now)
    return len(found)
