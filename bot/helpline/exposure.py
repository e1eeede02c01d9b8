"""What somebody had to read of late: after several hard cases lighter ones come first, danger and delay apart.

Research finds that veiling does not protect those who read (Psychological Research 2026, 10.1007/s00426-026-02241-5);
fewer exposures do. Nobody is ranked by it, and each sees only the own number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, and_, func, literal, or_, select, union

from bot.core.taxonomy import SELF_HARM, SEXUAL_HARM, Priority
from bot.helpline.care_tables import care_acts
from bot.helpline.casefile import CaseFile
from bot.helpline.columns import names_hold
from bot.helpline.sql import word
from bot.helpline.tables import UtcDateTime, case_lines, cases

MANY = 4
"""So many hard cases in `LATELY` are enough for a while."""

LATELY = timedelta(hours=8)
HARD = (SEXUAL_HARM, SELF_HARM)
"""What weighs on who reads it, whatever its priority; an emergency always does."""

TAKEN = ("claimed", "accepted", "taken_over")
"""Lines of a case by which somebody came to have it."""


def is_hard(case: CaseFile) -> bool:
    """Whether it weighs on who reads it."""
    return case.priority is Priority.EMERGENCY or bool(set(case.flags) & set(HARD))


def must_not_wait(case: CaseFile, now: datetime) -> bool:
    """Danger to life, or overdue: whoever takes the next gets it, however much he or she had."""
    return case.priority is Priority.EMERGENCY or case.due_at <= now


def lately(connection: Connection, staff_id: int, now: datetime) -> int:
    """How many hard cases somebody took, or marked as hard for him or her, within eight hours."""
    cases_of = hard_ones(staff_id, now - LATELY).subquery()
    return connection.execute(select(func.count()).select_from(cases_of)).scalar_one()


def hard_ones(staff_id: int, since: datetime) -> CompoundSelect[Any]:
    """Ids of the cases that weighed on somebody since then."""
    after = literal(since, UtcDateTime)
    taken = (
        select(case_lines.c.case_id)
        .select_from(case_lines.join(cases, cases.c.id == case_lines.c.case_id))
        .where(taken_by(staff_id, after), hard())
    )
    marked = select(care_acts.c.case_id).where(
        care_acts.c.kind == word("hard"), care_acts.c.staff_id == staff_id, care_acts.c.at > after
    )
    return union(taken, marked)


def taken_by(staff_id: int, after: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Lines by which cases came to somebody after a moment; an index serves just this."""
    keys = case_lines.c.key.in_([word(key) for key in TAKEN])
    return and_(keys, case_lines.c.staff_id == staff_id, case_lines.c.at > after)


def hard() -> ColumnElement[bool]:
    """`is_hard` as a condition."""
    return or_(cases.c.rank == -int(Priority.EMERGENCY), *_flagged())


def _flagged() -> list[ColumnElement[bool]]:
    return [names_hold(cases.c.flags, flag) for flag in HARD]


LIGHT = and_(cases.c.rank != -int(Priority.EMERGENCY), *(~one for one in _flagged()))
"""What weighs less, as a condition."""
