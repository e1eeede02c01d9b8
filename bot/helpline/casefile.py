"""A case inside a transaction: loaded under a lock, changed, saved as a whole, with its timeline.

What the turn and the staff's service share. Whoever loads a case here holds it alone until the
commit (a row lock on PostgreSQL, the write lock on SQLite). The row lock is FOR NO KEY UPDATE, so that
rows which only refer to the case, such as a look at it, need not wait.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from bot.core.case import DUE, HELD_STATES, REOPENS, Author, CaseState, CaseView, Outcome, Spot
from bot.core.effects import Audience
from bot.core.taxonomy import FLAGS, Priority
from bot.errors import Conflict, KeyringError
from bot.helpline import places, trail
from bot.helpline.crypto import DataKey, Keyring
from bot.helpline.helplines import due_times
from bot.helpline.tables import case_lines, cases, helplines, staff

log = structlog.get_logger()

_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
"""No vowels and nothing that is mistaken for another: references are read out on the telephone."""


def new_reference() -> str:
    """A random name for a case, one of 27^8, as ``K7MB-4QX2``."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


@dataclass(slots=True)
class CaseFile:
    """A case as a transaction holds it. ``id`` is 0 until it is inserted."""

    id: int
    reference: str
    conversation_id: int | None
    incident: int
    state: CaseState
    priority: Priority
    flags: tuple[str, ...]
    intent: str
    audience: Audience
    confirmed: bool | None
    opened_at: datetime
    due_at: datetime
    last_at: datetime
    holder_id: int | None = None
    holder: str = ""
    lease_until: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    version: int = 0
    wrapped_key: bytes | None = None
    draft: bytes | None = None
    helpline_id: int | None = None
    promised: bool = False
    """Told that somebody is at work; who then comes to nobody is told so."""
    given: timedelta = DUE[Priority.ROUTINE]
    person_at: datetime | None = None
    returned: bool = False
    alarm: int = 0
    """How often it was told that the case is overdue."""
    waited: int | None = None
    """Seconds from the opening to the first word of a person of the staff."""
    offered_id: int | None = None
    second_id: int | None = None
    help_at: datetime | None = None
    main_id: int | None = None
    times: Mapping[Priority, timedelta] = field(default_factory=lambda: DUE)
    """Time until a person should have looked, as its helpline set it."""

    @property
    def open(self) -> bool:
        return self.state is not CaseState.CLOSED

    def held(self, now: datetime) -> bool:
        """Whether somebody has it; a lease that ran out counts as nobody, swept or not."""
        return self.state in HELD_STATES and self.lease_until is not None and self.lease_until > now

    def due_from(self, moment: datetime) -> None:
        """A person is due anew, counted from a moment; nobody was told yet that it is late."""
        self.given = self.times[self.priority]
        self.due_at, self.alarm = moment + self.given, 0

    def give_back(self) -> None:
        """Nobody has it any more; the draft stays."""
        self.state, self.returned = CaseState.NEW, True
        self.holder_id = self.lease_until = self.offered_id = self.help_at = None
        self.holder = ""

    def reopen(self, now: datetime) -> None:
        """Back into the queue, one step less urgent than it was: new danger raises it again.

        When and how it had ended stays known, until it ends anew.
        """
        self.give_back()
        self.second_id = self.answered_at = self.confirmed = None
        self.priority = Priority.URGENT if self.priority is Priority.EMERGENCY else Priority.ROUTINE
        self.due_from(now)

    def reopens(self, now: datetime) -> bool:
        """Whether a new message of the person belongs to this ended case."""
        if self.open or self.closed_at is None or self.wrapped_key is None or self.conversation_id is None:
            return False
        return self.outcome != Outcome.FALSE_ALARM and now - self.closed_at <= REOPENS

    def silent_for(self, now: datetime) -> timedelta | None:
        """How long ago the person wrote last; None where that is not known."""
        return None if self.person_at is None else now - self.person_at

    def raise_to(self, priority: Priority, flags: Sequence[str], now: datetime) -> bool:
        """Add flags; the priority never falls and the due time never moves back. Whether it changed."""
        together = tuple(sorted({*self.flags, *flags}, key=_gravest_first))
        higher = priority > self.priority
        if together == self.flags and not higher:
            return False
        if higher:
            before, self.priority = self.due_at, priority
            self.due_from(now)
            self.due_at = min(self.due_at, before)
        self.flags = together
        return True

    def close(self, outcome: str, now: datetime) -> None:
        """End it; the draft and the lease go."""
        self.state, self.outcome, self.closed_at = CaseState.CLOSED, outcome, now
        self.lease_until = self.draft = self.offered_id = self.help_at = None

    def view(self, now: datetime) -> CaseView:
        """The case as the dialogue may know it."""
        held = self.held(now)
        return CaseView(
            reference=self.reference,
            state=CaseState.NEW if self.open and not held else self.state,
            priority=self.priority,
            flags=frozenset(self.flags),
            incident=self.incident,
            holder=self.holder if held else "",
        )

    def key(self, keyring: Keyring) -> DataKey | None:
        """The case's data key; None once its words are erased, or where no key of the ring opens it.

        A lost key must not take the case out of the queue: the person can still be written to.
        """
        if self.wrapped_key is None:
            return None
        try:
            return keyring.data_key(self.wrapped_key, places.case_key(self.reference))
        except KeyringError:
            log.error("case_unreadable", case_id=self.id)
            return None


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to be added to a case. ``token`` is unique in the case; ``key`` names a system line."""

    token: str
    author: Author
    at: datetime
    text: str = ""
    key: str = ""
    staff_id: int | None = None
    flags: tuple[str, ...] = ()
    spots: tuple[Spot, ...] = ()
    edited: bool = False
    outbox_id: int | None = None


def _gravest_first(flag: str) -> int:
    return FLAGS.index(flag) if flag in FLAGS else len(FLAGS)


def case_query() -> Select[Any]:
    """All columns of cases with the holder's name and the helpline's due times."""
    joined = cases.outerjoin(staff, staff.c.id == cases.c.holder_id)
    joined = joined.outerjoin(helplines, helplines.c.id == cases.c.helpline_id)
    return select(cases, *BESIDE_CASES).select_from(joined)


BESIDE_CASES = (staff.c.name.label("holder_name"), helplines.c.due.label("helpline_due"))
"""What `case_file` needs beside the case's own columns."""


_LOCKED = case_query().where(cases.c.id == bindparam("case_id")).with_for_update(of=cases, key_share=True)


def locked_case(connection: Connection, case_id: int) -> CaseFile | None:
    """A case, locked against everybody else until the commit."""
    row = connection.execute(_LOCKED, {"case_id": case_id}).one_or_none()
    return None if row is None else case_file(row)


def case_file(row: Row[Any]) -> CaseFile:
    """A case from a row of `case_query`."""
    return CaseFile(
        id=row.id,
        reference=row.reference,
        conversation_id=row.conversation_id,
        incident=row.incident,
        state=CaseState(row.state),
        priority=Priority(-row.rank),
        flags=row.flags,
        intent=row.intent,
        audience=Audience(row.language, row.country, row.role),
        confirmed=row.confirmed,
        opened_at=row.opened_at,
        due_at=row.due_at,
        last_at=row.last_at,
        holder_id=row.holder_id,
        holder=row.holder_name or "",
        lease_until=row.lease_until,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        version=row.version,
        wrapped_key=row.data_key,
        draft=row.draft,
        helpline_id=row.helpline_id,
        promised=row.promised,
        given=timedelta(seconds=row.given),
        person_at=row.person_at,
        returned=row.returned,
        alarm=row.alarm,
        waited=row.waited,
        offered_id=row.offered_id,
        second_id=row.second_id,
        help_at=row.help_at,
        main_id=row.main_id,
        times=due_times(row.helpline_due),
    )


def save_case(connection: Connection, case: CaseFile) -> None:
    """Insert or update a case. Raises `Conflict` where somebody changed it in between."""
    values = _values(case)
    if not case.id:
        result = connection.execute(insert(cases).returning(cases.c.id), {**values, "version": 1})
        case.id, case.version = result.scalar_one(), 1
        return
    known = {"b_id": case.id, "b_version": case.version}
    if connection.execute(_UPDATE, {**values, "version": case.version + 1, **known}).rowcount != 1:
        raise Conflict("the case was changed in between")
    case.version += 1


_UPDATE = update(cases).where(cases.c.id == bindparam("b_id"), cases.c.version == bindparam("b_version"))


def _values(case: CaseFile) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "conversation_id": case.conversation_id,
        "incident": case.incident,
        "state": case.state.value,
        "rank": -case.priority,
        "flags": case.flags,
        "intent": case.intent,
        "language": case.audience.language,
        "country": case.audience.country,
        "role": case.audience.role,
        "confirmed": case.confirmed,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "last_at": case.last_at,
        "holder_id": case.holder_id,
        "lease_until": case.lease_until,
        "answered_at": case.answered_at,
        "closed_at": case.closed_at,
        "outcome": case.outcome,
        "data_key": case.wrapped_key,
        "draft": case.draft,
        "helpline_id": case.helpline_id,
        "promised": case.promised,
        "given": int(case.given.total_seconds()),
        "person_at": case.person_at,
        "returned": case.returned,
        "alarm": case.alarm,
        "waited": case.waited,
        "offered_id": case.offered_id,
        "second_id": case.second_id,
        "help_at": case.help_at,
        "main_id": case.main_id,
    }


def add_lines(
    connection: Connection, keyring: Keyring, case: CaseFile, lines: Sequence[NewLine]
) -> list[int]:
    """Add lines to the timeline, in this order, and return their ids."""
    key = case.key(keyring)
    rows = [
        {
            "case_id": case.id,
            "token": line.token,
            "author": line.author.value,
            "key": line.key,
            "staff_id": line.staff_id,
            "body": _sealed(key, case.reference, line),
            "flags": line.flags,
            "edited": line.edited,
            "at": line.at,
            "outbox_id": line.outbox_id,
        }
        for line in lines
    ]
    if not rows:
        return []
    return list(connection.execute(_ADD_LINES, rows).scalars())


_ADD_LINES = insert(case_lines).returning(case_lines.c.id, sort_by_parameter_order=True)


def _sealed(key: DataKey | None, reference: str, line: NewLine) -> bytes | None:
    if key is None or not line.text:
        return None
    return key.encrypt(line_content(line.text, line.spots), places.line_body(reference, line.token))


def line_content(text: str, spots: Sequence[Spot]) -> dict[str, Any]:
    """What is encrypted of a line: its text and where it spoke for which flag."""
    return {"t": text, "s": [[s.start, s.end, s.flag, s.source] for s in spots]}


def spots_of(content: dict[str, Any]) -> tuple[Spot, ...]:
    """The marked places of `line_content`."""
    return tuple(Spot(start, end, flag, source) for start, end, flag, source in content["s"])


def add_event(
    connection: Connection,
    case_id: int | None,
    staff_id: int | None,
    what: str,
    at: datetime,
    detail: str = "",
) -> None:
    """Note for the audit trail. ``detail`` holds names and numbers, never words of people."""
    trail.note(connection, trail.Entry(at, case_id, staff_id, what, detail))


def erase_words(connection: Connection, case: CaseFile) -> None:
    """Forget what was said in a case: its key and the texts go, counts and flags stay."""
    case.wrapped_key = case.draft = None
    connection.execute(update(case_lines).where(case_lines.c.case_id == case.id).values(body=None))
