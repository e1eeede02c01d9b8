"""What the API takes and gives, as its OpenAPI document says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.core.case import Author, CaseDetail, CaseState, DeliveryState, Line, Outcome, QueueRow
from bot.core.closing import CODES, MOST_CATEGORIES, REFERRALS, Closing
from bot.core.taxonomy import FLAGS, Priority
from bot.helpline.service import ALERT_EVENTS, LONGEST_NOTE, LONGEST_REPLY, Figures

PriorityName = Literal["emergency", "urgent", "routine"]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,16}$", examples=["K7MB-4QX2"])]


def priority_name(priority: Priority) -> PriorityName:
    """A priority as the API writes it."""
    names: dict[Priority, PriorityName] = {
        Priority.EMERGENCY: "emergency",
        Priority.URGENT: "urgent",
        Priority.ROUTINE: "routine",
    }
    return names[priority]


class Closed(BaseModel):
    """A shape that takes nothing it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Closed):
    """Why a call was refused. ``code`` is for programs, ``message`` for people; neither repeats what came."""

    code: str
    message: str


class Failure(Closed):
    error: Problem


class Health(Closed):
    status: Literal["ok", "away"]


class CaseRow(Closed):
    """A case as the queue shows it: nothing that a person wrote."""

    reference: str
    state: CaseState
    priority: PriorityName
    flags: tuple[str, ...]
    topic: str
    language: str
    country: str
    audience: str
    confirmed: bool | None
    opened_at: datetime
    due_at: datetime
    last_at: datetime
    holder: str
    unreachable: bool

    @classmethod
    def of(cls, row: QueueRow) -> CaseRow:
        """A row of the queue."""
        return cls(
            reference=row.reference,
            state=row.state,
            priority=priority_name(row.priority),
            flags=row.flags,
            topic=row.intent,
            language=row.language,
            country=row.country,
            audience=row.role,
            confirmed=row.confirmed,
            opened_at=row.opened_at,
            due_at=row.due_at,
            last_at=row.last_at,
            holder=row.holder,
            unreachable=row.unreachable,
        )


class CaseList(Closed):
    """A page of cases; ``next`` is the cursor of the following page, null on the last."""

    cases: list[CaseRow]
    open: dict[PriorityName, int]
    next: str | None


class CaseLine(Closed):
    """A line of a case; ``key`` names what happened in lines of the system."""

    id: int
    author: Author
    at: datetime
    text: str
    key: str
    staff: str
    flags: tuple[str, ...]
    edited: bool
    delivery: DeliveryState | None

    @classmethod
    def of(cls, line: Line) -> CaseLine:
        """A line of the timeline."""
        return cls(
            id=line.id,
            author=line.author,
            at=line.at,
            text=line.text,
            key=line.key,
            staff=line.staff,
            flags=line.flags,
            edited=line.edited,
            delivery=line.delivery,
        )


class CaseWhole(Closed):
    """A case with its timeline. A reply names ``last_line`` as the newest line its writer has seen."""

    case: CaseRow
    mine: bool
    draft: str
    last_line: int
    lines: list[CaseLine]

    @classmethod
    def of(cls, found: CaseDetail) -> CaseWhole:
        """An opened case."""
        return cls(
            case=CaseRow.of(found.row),
            mine=found.mine,
            draft=found.draft,
            last_line=found.last_line,
            lines=[CaseLine.of(line) for line in found.lines],
        )


class Taken(Closed):
    """The case that was taken; null where none waits."""

    reference: str | None


class Made(Closed):
    """The line that was made."""

    line: int


class NoteIn(Closed):
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)


class PriorityIn(Closed):
    """``note``: the reason, for staff. Raising is open to all who work on cases, lowering to the holder or a lead."""

    priority: PriorityName
    note: str = Field(min_length=1, max_length=LONGEST_NOTE)


class ReplyIn(Closed):
    """``seen``: the ``last_line`` you had before you. ``token``: the same again sends nothing twice.

    ``sure``: it is still the same person, after a silence of twelve hours or more.
    """

    text: str = Field(min_length=1, max_length=LONGEST_REPLY)
    seen: int = Field(ge=0, lt=2**63)
    token: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    sure: bool = False


class CloseIn(Closed):
    """``tell``: the person hears that the talk with staff has ended.

    ``categories`` are those of Child Helpline International as ``top.category``; ``flags_right`` says of each
    flag whether it was right. ``alone``: an emergency is closed without a second person, for the reason in
    ``note``.
    """

    outcome: Outcome
    categories: list[Literal[CODES]] = Field(default_factory=list, max_length=MOST_CATEGORIES)  # type: ignore[valid-type]
    referral: Literal[REFERRALS] = "none"  # type: ignore[valid-type]
    flags_right: dict[Literal[FLAGS], bool] = Field(default_factory=dict)  # type: ignore[valid-type]
    follow_up: date | None = None
    note: str = Field("", max_length=LONGEST_NOTE)
    tell: bool
    alone: bool = False

    def closing(self) -> Closing:
        """As the service takes it."""
        return Closing(
            outcome=self.outcome,
            categories=tuple(self.categories),
            referral=self.referral,
            flags_right=dict(self.flags_right),
            follow_up=self.follow_up,
            note=self.note,
            tell=self.tell,
            alone=self.alone,
        )


class ReleaseIn(Closed):
    """``note``: what whoever takes it next must know."""

    note: str = Field(min_length=1, max_length=LONGEST_NOTE)


class Statistics(Closed):
    """Figures of the helpline; those of a period are of the last seven days."""

    open: dict[PriorityName, int]
    states: dict[CaseState, int]
    overdue: int
    opened: int
    closed: int
    answered: int
    first_answer_seconds: float

    @classmethod
    def of(cls, figures: Figures) -> Statistics:
        """The figures as the service gives them."""
        return cls(
            open={priority_name(priority): n for priority, n in figures.open.items()},
            states=dict(figures.states),
            overdue=figures.overdue,
            opened=figures.opened,
            closed=figures.closed,
            answered=figures.answered,
            first_answer_seconds=figures.first_answer,
        )


class AlertData(Closed):
    """The case as it was then. Of a test and of a dead letter only the helpline is told."""

    helpline: str
    case: Reference | None = None
    priority: PriorityName | None = None
    state: CaseState | None = None
    language: str | None = None
    country: str | None = None
    due_at: datetime | None = None
    outcome: Outcome | None = None


class AlertBody(Closed):
    """What is posted to a webhook."""

    type: Annotated[str, Field(json_schema_extra={"enum": list(ALERT_EVENTS)})]
    timestamp: datetime
    data: AlertData
