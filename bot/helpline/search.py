"""Finding cases by what is known of them. Words of people are encrypted and cannot be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, literal, or_, tuple_

from bot.core.case import CaseState, QueueRow
from bot.core.taxonomy import FLAGS, Priority
from bot.helpline.columns import names_hold
from bot.helpline.members import StaffMember
from bot.helpline.reading_room import queue_query, queue_row, theirs
from bot.helpline.tables import UtcDateTime, cases

FOUND = 50
LOOK_BACK = timedelta(days=90)
"""How far a search without dates goes back."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty means any. ``topic`` is an intent or its first part.

    ``staff_id``: who has the case, or had it when it ended.
    ``since`` and ``until`` (not included) bound when the case was opened.
    """

    reference: str = ""
    state: str = ""
    priority: str = ""
    flag: str = ""
    topic: str = ""
    country: str = ""
    language: str = ""
    staff_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Cases, newest first; ``after`` asks for the next ones."""

    rows: tuple[QueueRow, ...]
    after: str | None


def search(
    connection: Connection, member: StaffMember, wanted: Search, after: str | None, now: datetime
) -> Found:
    """At most 50 cases. Raises ValueError for a state, priority or flag that is none, or a malformed ``after``."""
    query = queue_query().where(theirs(member), *_conditions(wanted, now))
    if after is not None:
        opened, case_id = _decoded(after)
        query = query.where(
            tuple_(cases.c.opened_at, cases.c.id)
            < tuple_(literal(opened, UtcDateTime), literal(case_id, BigInteger))
        )
    query = query.order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(FOUND + 1)
    rows: Sequence[Any] = connection.execute(query).all()
    shown = rows[:FOUND]
    more = _encoded(shown[-1]) if len(rows) > FOUND else None
    return Found(tuple(queue_row(row) for row in shown), more)


def _conditions(wanted: Search, now: datetime) -> list[ColumnElement[bool]]:
    if wanted.reference:
        name = wanted.reference.strip().upper()[:16]
        return [cases.c.reference.startswith(name, autoescape=True)]
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(cases.c.state == CaseState(wanted.state).value)
    if wanted.priority:
        if wanted.priority.upper() not in Priority.__members__:
            raise ValueError("there is no such priority")
        found.append(cases.c.rank == -int(Priority[wanted.priority.upper()]))
    if wanted.flag:
        found.append(_has_flag(wanted.flag))
    if wanted.topic:
        topic = wanted.topic[:64]
        found.append(or_(cases.c.intent == topic, cases.c.intent.startswith(f"{topic}/", autoescape=True)))
    if wanted.country:
        found.append(cases.c.country == wanted.country[:8])
    if wanted.language:
        found.append(cases.c.language == wanted.language[:8])
    if wanted.staff_id is not None:
        found.append(cases.c.holder_id == wanted.staff_id)
    since = wanted.since or (None if wanted.until else now - LOOK_BACK)
    if since is not None:
        found.append(cases.c.opened_at >= since)
    if wanted.until is not None:
        found.append(cases.c.opened_at < wanted.until)
    return found


def _has_flag(flag: str) -> ColumnElement[bool]:
    if flag not in FLAGS:
        raise ValueError("there is no such flag")
    return names_hold(cases.c.flags, flag)


def _encoded(row: Any) -> str:
    opened: datetime = row.opened_at
    return f"{(opened - _EPOCH) // timedelta(microseconds=1)}.{row.id}"


def _decoded(after: str) -> tuple[datetime, int]:
    try:
        opened, case_id = (int(part) for part in after[:64].split("."))
        place = _EPOCH + opened * timedelta(microseconds=1), case_id
    except (ValueError, OverflowError) as error:
        raise ValueError("this page does not exist") from error
    if not 0 <= case_id < 2**63:
        raise ValueError("this page does not exist")
    return place
