"""What staff see: the queue, one case, the dead letters. Every look into words leaves a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    SmallInteger,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from bot.core.access import Permission
from bot.core.case import CLOCK_STATES, QueueRow
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotFound
from bot.helpline import changes, places
from bot.helpline.casefile import add_event, case_file, case_query
from bot.helpline.crypto import Keyring
from bot.helpline.members import StaffMember
from bot.helpline.own_care import CareNow, care_now
from bot.helpline.sql import ONE, word
from bot.helpline.tables import (
    UtcDateTime,
    audit,
    cases,
    conversations,
    inbox,
    staff,
)

View = Literal["open", "mine", "overdue", "closed"]
VIEWED_AGAIN = timedelta(minutes=10)
"""A look at the same case by the same person within this time is one look."""

COUNT_UP_TO = 1000
"""Counts stop here: counting a million rows for a badge is not worth a second of waiting."""

MOST_ROWS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of cases.

    ``counts``: open cases by priority; ``hidden``: how many follow behind this page. Both stop at
    `COUNT_UP_TO`. ``after`` asks for the next page; None on the last. ``care``: what concerns the reader;
    None for who takes no cases.
    """

    rows: tuple[QueueRow, ...]
    counts: Mapping[Priority, int]
    hidden: int
    after: str | None
    care: CareNow | None = None

    @property
    def hard(self) -> int:
        """How many hard cases the reader had within eight hours."""
        return 0 if self.care is None else self.care.hard


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An update that could not be handled: nothing of its content."""

    id: int
    received_at: datetime
    died_at: datetime
    attempts: int
    code: str
    urgent: bool


def queue(
    connection: Connection, member: StaffMember, view: View, limit: int, after: str | None, now: datetime
) -> QueuePage:
    """A page of a view. Raises ValueError for an unknown view or a malformed ``after``."""
    limit = max(1, min(limit, MOST_ROWS))
    closed = view == "closed"
    scope = [theirs(member), *_scope(member, view, now)]
    page = queue_query().where(*scope)
    if after is not None:
        page = page.where(_behind(_decoded(after), closed))
    order = (
        (cases.c.closed_at.desc(), cases.c.id.desc())
        if closed
        else (cases.c.rank, cases.c.due_at, cases.c.id)
    )
    found = connection.execute(page.order_by(*order).limit(limit + 1)).all()
    rows, more = found[:limit], len(found) > limit
    place = _place(rows[-1], closed) if more else None
    hidden = 0 if place is None else _count(connection, *scope, _behind(place, closed))
    own = (_OPEN, theirs(member))
    counts = {p: _count(connection, *own, cases.c.rank == literal(-int(p), SmallInteger)) for p in Priority}
    return QueuePage(
        rows=tuple(queue_row(row) for row in rows),
        counts=counts,
        hidden=hidden,
        after=None if place is None else _encoded(place),
        care=care_now(connection, member, now) if member.may(Permission.CASE_WORK) else None,
    )


_OPEN = cases.c.state != word("closed")


def theirs(member: StaffMember) -> ColumnElement[bool]:
    """Cases of the member's helpline; whoever has none sees none."""
    return cases.c.helpline_id == literal(member.helpline_id, BigInteger)


def _scope(member: StaffMember, view: View, now: datetime) -> list[ColumnElement[bool]]:
    match view:
        case "open":
            return [_OPEN]
        case "mine":
            return [_OPEN, or_(cases.c.holder_id == member.id, cases.c.offered_id == member.id)]
        case "overdue":
            running = cases.c.state.in_([word(state.value) for state in CLOCK_STATES])
            return [_OPEN, running, cases.c.due_at <= literal(now, UtcDateTime)]
        case "closed":
            return [cases.c.state == word("closed")]
        case _:
            raise ValueError("a view is open, mine, overdue or closed")


def queue_query() -> Any:
    offered = staff.alias("offered")
    query = case_query().add_columns(conversations.c.unreachable, offered.c.name.label("offered_name"))
    query = query.outerjoin(conversations, conversations.c.id == cases.c.conversation_id)
    return query.outerjoin(offered, offered.c.id == cases.c.offered_id)


Place = tuple[int, datetime, int]
"""Where a page ends: rank, time it is ordered by, id."""


def _place(row: Any, closed: bool) -> Place:
    return (row.rank, row.closed_at if closed else row.due_at, row.id)


def _behind(place: Place, closed: bool) -> ColumnElement[bool]:
    rank, at, case_id = place
    moment, number = literal(at, UtcDateTime), literal(case_id, BigInteger)
    if closed:
        return tuple_(cases.c.closed_at, cases.c.id) < tuple_(moment, number)
    return tuple_(cases.c.rank, cases.c.due_at, cases.c.id) > tuple_(
        literal(rank, SmallInteger), moment, number
    )


def _encoded(place: Place) -> str:
    rank, at, case_id = place
    return f"{rank}.{(at - _EPOCH) // _MICROSECOND}.{case_id}"


def _decoded(after: str) -> Place:
    try:
        rank, at, case_id = (int(part) for part in after[:64].split("."))
        place = rank, _EPOCH + at * _MICROSECOND, case_id
    except (ValueError, OverflowError) as error:
        raise ValueError("this page does not exist") from error
    if abs(rank) > 9 or not 0 <= case_id < 2**63:
        raise ValueError("this page does not exist")
    return place


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    some = select(ONE).select_from(cases).where(*conditions).limit(COUNT_UP_TO).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def queue_row(row: Any) -> QueueRow:
    """A case of `queue_query` as the queue shows it."""
    case = case_file(row)
    return QueueRow(
        reference=case.reference,
        state=case.state,
        priority=case.priority,
        flags=case.flags,
        intent=case.intent,
        language=case.audience.language,
        country=case.audience.country,
        role=case.audience.role,
        confirmed=case.confirmed,
        opened_at=case.opened_at,
        due_at=case.due_at,
        last_at=case.last_at,
        holder=case.holder,
        unreachable=bool(row.unreachable),
        version=case.version,
        given=case.given,
        returned=case.returned,
        help_asked=case.help_at is not None,
        offered_to=row.offered_name or "",
    )


def seen_lately(connection: Connection, case_id: int, staff_id: int, now: datetime) -> bool:
    query = select(audit.c.seq).where(
        audit.c.case_id == case_id,
        audit.c.staff_id == staff_id,
        audit.c.what == "viewed",
        audit.c.at > now - VIEWED_AGAIN,
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def readers_lately(connection: Connection, case_id: int, staff_id: int, now: datetime) -> tuple[str, ...]:
    """Names of the others who looked at a case within `VIEWED_AGAIN`."""
    query = select(staff.c.name).join(audit, audit.c.staff_id == staff.c.id)
    looked = query.where(
        audit.c.case_id == case_id,
        audit.c.what == "viewed",
        audit.c.at > now - VIEWED_AGAIN,
        audit.c.staff_id != staff_id,
    )
    return tuple(connection.execute(looked.distinct().order_by(staff.c.name).limit(10)).scalars())


def viewed(connection: Connection, case_id: int, staff_id: int, now: datetime) -> None:
    """Write a look down; who has the case open hears of it."""
    add_event(connection, case_id, staff_id, "viewed", now)
    changes.note(connection, [(case_id, "viewed")], now)


def dead_letters(connection: Connection, limit: int) -> Sequence[DeadLetter]:
    """The newest dead letters first, at most ``limit``."""
    query = select(inbox).where(inbox.c.state == word("dead")).order_by(inbox.c.id.desc()).limit(limit)
    return [
        DeadLetter(
            id=row.id,
            received_at=row.received_at,
            died_at=row.finished_at or row.received_at,
            attempts=row.attempts,
            code=row.error or "",
            urgent=row.urgent,
        )
        for row in connection.execute(query)
    ]


def dead_letter_text(
    connection: Connection, keyring: Keyring, member: StaffMember, letter_id: int, now: datetime
) -> str:
    """The raw JSON of a dead letter; the look is written down first."""
    row = _dead_letter(connection, letter_id)
    add_event(connection, None, member.id, "dead_letter_read", now, f"inbox={letter_id}")
    text: str = keyring.decrypt(row.raw, places.inbox_raw(row.bot_id, row.update_id))
    return text


def retry_dead_letter(connection: Connection, member: StaffMember, letter_id: int, now: datetime) -> None:
    """Hand a dead letter out again, before anything newer of its chat."""
    _dead_letter(connection, letter_id)
    again = update(inbox).where(inbox.c.id == letter_id, inbox.c.state == word("dead"))
    ready = again.values(state="ready", attempts=0, due_at=now, finished_at=None, error=None)
    if connection.execute(ready).rowcount != 1:
        raise Conflict("somebody else did it first")
    add_event(connection, None, member.id, "dead_letter_retried", now, f"inbox={letter_id}")
    changes.note(connection, [(None, "dead_letter")], now)


def _dead_letter(connection: Connection, letter_id: int) -> Any:
    query = select(inbox).where(inbox.c.id == letter_id, inbox.c.state == word("dead"))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such dead letter")
    return row
