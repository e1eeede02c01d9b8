"""A case of the helpline queue: its states, its moves, how soon it is due, and how it is shown.

The store keeps cases; these are the rules every store obeys and the shapes it hands out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.closing import Closing
from bot.core.contact import UNASKED, SafeContact
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority

__all__ = [
    "CLOCK_STATES",
    "DUE",
    "HELD_STATES",
    "LEASE",
    "OPEN_STATES",
    "REOPENS",
    "Author",
    "CaseDetail",
    "CaseState",
    "CaseView",
    "DeliveryState",
    "Line",
    "Outcome",
    "QueueRow",
    "Spot",
    "due_at",
]


class CaseState(StrEnum):
    """``waiting_person``: we wrote last; ``waiting_us``: the person wrote last."""

    NEW = "new"
    CLAIMED = "claimed"
    WAITING_PERSON = "waiting_person"
    WAITING_US = "waiting_us"
    CLOSED = "closed"


CLOCK_STATES = (CaseState.NEW, CaseState.CLAIMED, CaseState.WAITING_US)
"""Somebody waits for us: the clock runs."""

HELD_STATES = (CaseState.CLAIMED, CaseState.WAITING_PERSON, CaseState.WAITING_US)
"""A member of staff has the case; the bot is silent but for new danger."""

OPEN_STATES = (CaseState.NEW, *HELD_STATES)

DUE: dict[Priority, timedelta] = {
    Priority.EMERGENCY: timedelta(minutes=5),
    Priority.URGENT: timedelta(hours=1),
    Priority.ROUTINE: timedelta(days=1),
}
"""Time until a person should have looked."""

LEASE = timedelta(minutes=15)
"""A holder who does nothing for this long loses the case back to the queue."""

REOPENS = timedelta(hours=72)
"""Who writes again within this time after the end is not a new case."""


class Author(StrEnum):
    """Who wrote a line of a case."""

    PERSON = "person"
    BOT = "bot"
    STAFF = "staff"
    NOTE = "note"
    SYSTEM = "system"


class DeliveryState(StrEnum):
    """Where a message to the person stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    UNREACHABLE = "unreachable"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    HELD = "held"
    """Queued, but not before its time or the person's next message; never stored as such."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """What the dialogue may know of the person's newest case."""

    reference: str
    state: CaseState
    priority: Priority
    flags: frozenset[str]
    incident: int
    holder: str = ""
    """The holder's name as shown to people; empty while nobody has it."""
    knocked: bool = False
    """A neutral question was sent, and a message of the staff waits for its answer."""

    @property
    def open(self) -> bool:
        return self.state is not CaseState.CLOSED

    @property
    def held(self) -> bool:
        return self.state in HELD_STATES


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case as the queue shows it: nothing a person wrote."""

    reference: str
    state: CaseState
    priority: Priority
    flags: tuple[str, ...]
    intent: str
    language: str
    country: str
    role: str
    confirmed: bool | None
    opened_at: datetime
    due_at: datetime
    last_at: datetime
    holder: str
    unreachable: bool
    version: int
    given: timedelta = timedelta(days=1)
    """The whole time that was given until ``due_at``."""
    returned: bool = False
    """Was with somebody before and came back: lease run out, given back, reopened."""
    help_asked: bool = False
    offered_to: str = ""
    """Who was asked to take it over and has not answered."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Characters of a line that spoke for a flag."""

    start: int
    end: int
    flag: str
    source: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a case's timeline. ``key`` of a system line names what happened (``claimed``)."""

    id: int
    author: Author
    at: datetime
    text: str = ""
    key: str = ""
    staff: str = ""
    flags: tuple[str, ...] = ()
    spots: tuple[Spot, ...] = ()
    edited: bool = False
    delivery: DeliveryState | None = None
    goes_at: datetime | None = None
    """A message that is held back goes out then at the earliest."""
    waits: bool = False
    """A message that goes out once the person has written."""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case opened by a member of staff who may read it."""

    row: QueueRow
    lines: tuple[Line, ...]
    mine: bool
    draft: str = ""
    last_line: int = 0
    """Id of the newest line; a reply names the line its writer had seen."""
    contact: SafeContact = UNASKED
    opens_at: datetime | None = None
    """When a message of now would go out by the safe-contact times; None: once the person writes."""
    person_at: datetime | None = None
    lease_until: datetime | None = None
    offered: str = ""
    """``to_me``, ``to_other`` or empty."""
    second: str = ""
    """Who looked at it as the second person."""
    main: str = ""
    """Reference of the case that this one is a duplicate of."""
    same: tuple[str, ...] = ()
    """References of cases of the same event, each with a talk of its own."""
    before: tuple[QueueRow, ...] = ()
    """Earlier cases of this chat, newest first."""
    record: Closing | None = None
    readers: tuple[str, ...] = ()
    """Names of the others who looked at it within ten minutes."""


def due_at(opened: datetime, priority: Priority) -> datetime:
    """When a person should have looked at a case of this priority."""
    return opened + DUE[priority]
