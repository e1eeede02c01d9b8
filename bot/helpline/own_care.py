"""What somebody of the staff sees of the own shift: the dose, the break, who asks for a talk, what became of cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, false, func, literal, or_, select

from bot.core.case import CaseState
from bot.core.taxonomy import Priority
from bot.helpline import care, exposure
from bot.helpline.care_tables import care_acts
from bot.helpline.crypto import Keyring
from bot.helpline.members import StaffMember
from bot.helpline.sql import ONE, word
from bot.helpline.tables import UtcDateTime, case_lines, cases, staff
from bot.helpline.work_tables import case_records

JUST_NOW = timedelta(minutes=30)
"""Who left an emergency so lately is offered a break."""

REMEMBERED = timedelta(days=30)
"""How long one hears what became of a case that one had."""

_NEWS = 12
_LEFT = ("closed", "released", "lapsed", "passed_on")
"""Lines by which a case left who had it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A talk that was asked for: by ``name`` (or of ``name``, where it is one's own question); ``answer`` is
    yes, no or empty."""

    id: int
    name: str
    at: datetime
    own: bool
    answer: str


@dataclass(frozen=True, slots=True)
class CareNow:
    """What the queue shows beside the cases. ``hard``: hard cases within eight hours; ``resting``: colleagues
    in a break, and until when; ``after_emergency``: one was left just now, and no break taken."""

    hard: int = 0
    break_until: datetime | None = None
    after_emergency: bool = False
    asked_by: tuple[str, ...] = ()
    resting: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Became:
    """How a case stands that one had: nothing of what was said in it."""

    reference: str
    intent: str
    state: CaseState
    outcome: str
    referral: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Care:
    """The whole page. ``minutes``: with hard cases within eight hours."""

    now: CareNow
    minutes: int
    kept_from: tuple[str, ...]
    asks: tuple[Ask, ...]
    became: tuple[Became, ...]


def care_now(connection: Connection, member: StaffMember, now: datetime) -> CareNow:
    """What is true of somebody at this moment."""
    resting = care.resting(connection, member.helpline_id, now)
    own = resting.pop(member.id, None)
    asks = [ask for ask in _asks(connection, member, now) if not ask.own and not ask.answer]
    return CareNow(
        hard=exposure.lately(connection, member.id, now),
        break_until=None if own is None else own[1],
        after_emergency=own is None and _left_an_emergency(connection, member.id, now),
        asked_by=tuple(ask.name for ask in asks),
        resting=tuple(resting.values()),
    )


def care_of(connection: Connection, keyring: Keyring, member: StaffMember, now: datetime) -> Care:
    """All that the own page shows."""
    return Care(
        now=care_now(connection, member, now),
        minutes=_minutes(connection, member.id, now),
        kept_from=care.kept_from(connection, keyring, member.id),
        asks=_asks(connection, member, now),
        became=_became(connection, member, now),
    )


def _left_an_emergency(connection: Connection, staff_id: int, now: datetime) -> bool:
    """Whether one ended or gave back an emergency just now, and rested not since then."""
    had = select(case_lines.c.case_id).where(
        exposure.taken_by(staff_id, literal(now - exposure.LATELY, UtcDateTime))
    )
    rested = exists(ONE).where(
        care_acts.c.staff_id == staff_id, care_acts.c.kind == word("break"), care_acts.c.at >= case_lines.c.at
    )
    left = exists(ONE).where(
        case_lines.c.case_id.in_(had.scalar_subquery()),
        case_lines.c.case_id == cases.c.id,
        cases.c.rank == -int(Priority.EMERGENCY),
        case_lines.c.staff_id == staff_id,
        case_lines.c.key.in_(("closed", "released")),
        case_lines.c.at > literal(now - JUST_NOW, UtcDateTime),
        ~rested,
    )
    return connection.execute(select(left)).scalar_one()


def _minutes(connection: Connection, staff_id: int, now: datetime) -> int:
    """Minutes with hard cases within eight hours, each from taking it until it left."""
    since = now - exposure.LATELY
    moves = (
        select(
            case_lines.c.case_id, case_lines.c.key, case_lines.c.staff_id, case_lines.c.at, cases.c.holder_id
        )
        .select_from(case_lines.join(cases, cases.c.id == case_lines.c.case_id))
        .where(case_lines.c.case_id.in_(exposure.hard_ones(staff_id, since).scalar_subquery()))
        .where(case_lines.c.key.in_((*exposure.TAKEN, *_LEFT)), case_lines.c.at > literal(since, UtcDateTime))
        .order_by(case_lines.c.id)
    )
    begun: dict[int, datetime] = {}
    total, holders = timedelta(), {}
    for row in connection.execute(moves):
        holders[row.case_id] = row.holder_id
        start = begun.pop(row.case_id, None)
        total += row.at - start if start is not None else timedelta()
        if row.key in exposure.TAKEN and row.staff_id == staff_id:
            begun[row.case_id] = row.at
    running = (now - at for case_id, at in begun.items() if holders[case_id] == staff_id)
    return int((total + sum(running, timedelta())).total_seconds()) // 60


def _asks(connection: Connection, member: StaffMember, now: datetime) -> tuple[Ask, ...]:
    """Talks asked of one and by one within four hours, the newest first."""
    other = staff.alias("other")
    mine, of_me = care_acts.c.staff_id == member.id, care_acts.c.to_id == member.id
    query = (
        select(care_acts.c.id, care_acts.c.at, care_acts.c.answer, mine.label("own"), other.c.name)
        .select_from(care_acts)
        .join(
            other,
            or_(and_(mine, other.c.id == care_acts.c.to_id), and_(of_me, other.c.id == care_acts.c.staff_id)),
        )
        .where(care_acts.c.kind == word("talk"), or_(mine, of_me))
        .where(care_acts.c.at > literal(now - care.ASK_LASTS, UtcDateTime))
        .order_by(care_acts.c.id.desc())
        .limit(_NEWS)
    )
    return tuple(Ask(r.id, r.name, r.at, bool(r.own), r.answer) for r in connection.execute(query))


def _became(connection: Connection, member: StaffMember, now: datetime) -> tuple[Became, ...]:
    """Cases one had that somebody else ended, has, or that wait again; newest first, without anybody's name."""
    had = select(case_lines.c.case_id).where(
        exposure.taken_by(member.id, literal(now - REMEMBERED, UtcDateTime))
    )
    ended_here = and_(cases.c.state == word("closed"), case_records.c.staff_id == member.id)
    mine = and_(cases.c.state != word("closed"), cases.c.holder_id == member.id)
    query = (
        select(cases.c.reference, cases.c.intent, cases.c.state, cases.c.outcome, cases.c.last_at)
        .add_columns(case_records.c.referral)
        .select_from(cases.outerjoin(case_records, case_records.c.case_id == cases.c.id))
        .where(cases.c.id.in_(had.scalar_subquery()), cases.c.helpline_id == member.helpline_id)
        .where(~_surely(ended_here), ~_surely(mine))
        .order_by(cases.c.last_at.desc(), cases.c.id.desc())
        .limit(_NEWS)
    )
    return tuple(_became_of(row) for row in connection.execute(query))


def _surely(condition: Any) -> Any:
    """The condition where it is known; a case without record or holder has none of it."""
    return func.coalesce(condition, false())


def _became_of(row: Any) -> Became:
    state = CaseState(row.state)
    over = state is CaseState.CLOSED
    return Became(
        row.reference,
        row.intent,
        state,
        (row.outcome or "") if over else "",
        (row.referral or "") if over else "",
        row.last_at,
    )
