"""Whether somebody of the staff is at work. Who takes a break is not: nobody is promised a person who rests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, func, select

from bot.core.access import GRANTS, Permission
from bot.helpline.care_tables import care_acts
from bot.helpline.sql import ONE, moment, word
from bot.helpline.tables import staff, staff_sessions

AT_WORK = timedelta(minutes=10)
"""Who did something in the console this recently, and did not sign out, is at work."""


def working_since(now: datetime) -> datetime:
    """The bound value ``working_since`` of `staff_at_work`."""
    return now - AT_WORK


def staff_at_work() -> Any:
    """A condition with the bound values ``working_since`` and ``now``."""
    return exists(ONE).where(*_at_work())


def _at_work() -> tuple[ColumnElement[bool], ...]:
    return (
        staff_sessions.c.ended_at.is_(None),
        staff_sessions.c.stage == word("full"),
        staff_sessions.c.seen_at > moment("working_since"),
        staff_sessions.c.expires_at > moment("now"),
        ~exists(ONE).where(
            care_acts.c.staff_id == staff_sessions.c.staff_id,
            care_acts.c.kind == word("break"),
            care_acts.c.until > moment("now"),
        ),
    )


def who_works(helpline_id: int | None) -> Any:
    """Ids of who works on cases of a helpline and is at work; the same bound values."""
    joined = staff_sessions.join(staff, staff.c.id == staff_sessions.c.staff_id)
    own = (staff.c.helpline_id == helpline_id, staff.c.active, staff.c.role.in_(WORKERS))
    return select(staff.c.id).select_from(joined).where(*own, *_at_work()).distinct()


WORKERS = tuple(role.value for role, granted in GRANTS.items() if Permission.CASE_WORK in granted)
"""Roles that take cases."""


def helplines_at_work() -> Any:
    """Ids of the helplines that have somebody at work, joined by commas; the same bound values."""
    ids = func.aggregate_strings(cast(staff.c.helpline_id, String), ",")
    joined = staff_sessions.join(staff, staff.c.id == staff_sessions.c.staff_id)
    return select(ids).select_from(joined).where(*_at_work()).scalar_subquery()
