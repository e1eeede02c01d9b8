"""Whether somebody of the staff is at work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, func, select

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
    )


def helplines_at_work() -> Any:
    """Ids of the helplines that have somebody at work, joined by commas; the same bound values."""
    ids = func.aggregate_strings(cast(staff.c.helpline_id, String), ",")
    joined = staff_sessions.join(staff, staff.c.id == staff_sessions.c.staff_id)
    return select(ids).select_from(joined).where(*_at_work()).scalar_subquery()
