"""Figures for the lead, counted in the database: how long people waited, who carries what, what was right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Integer, SmallInteger, case, extract, func, literal, or_, select

from bot.core.case import CLOCK_STATES, HELD_STATES
from bot.core.outcome import Outcome
from bot.core.taxonomy import FLAGS, Priority
from bot.helpline.members import StaffMember
from bot.helpline.reading_room import theirs
from bot.helpline.sql import word
from bot.helpline.tables import UtcDateTime, cases, staff
from bot.helpline.tallies import sums
from bot.helpline.team_load import FEW, Sum, of_the_team
from bot.helpline.work_tables import case_records

_K = TypeVar("_K")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of a priority: cases opened, those answered by a person, and how long that took."""

    opened: int
    answered: int
    in_time: int
    middle: timedelta | None
    slow: timedelta | None
    """Nine of ten were answered within this time."""

    few: bool = False
    """Too few to be shown to this reader; the figures are then nought."""


@dataclass(frozen=True, slots=True)
class Hour:
    """Cases opened in an hour of the day (of the helpline's zone), and the mean time to a person."""

    opened: int
    mean: timedelta | None
    few: bool = False
    """As in `Waiting`."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one of the staff has in hand, and did in the period."""

    name: str
    held: int
    grave: int
    closed: int


@dataclass(frozen=True, slots=True)
class Judged:
    """How often a flag was found right and wrong when cases were closed."""

    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a period."""

    waiting: Mapping[Priority, Waiting]
    overdue: Mapping[Priority, int]
    hours: tuple[Hour, ...]
    team: tuple[Load, ...]
    outcomes: Mapping[Outcome, int]
    flags: Mapping[str, Judged]
    categories: Mapping[str, int]
    helped: int
    not_helped: int
    exposure: Mapping[str, Sum] = field(default_factory=dict)
    """What the team had to read, by the names of `team_load.of_the_team`; for leads only."""
    left_out: bool = False
    """Small figures are left out of what this reader sees."""


def for_outsiders(whole: Report) -> Report:
    """Without names, without figures below five, and without what could be reckoned from the others."""
    few = _hidden({priority: one.opened for priority, one in whole.waiting.items()})
    rare = _hidden({at: hour.opened for at, hour in enumerate(whole.hours)})
    outcomes, categories = _hidden(whole.outcomes), _hidden(whole.categories)
    flags = _hidden({name: one.right + one.wrong for name, one in whole.flags.items()})
    nothing = Waiting(0, 0, 0, None, None, few=True)
    return replace(
        whole,
        waiting={p: nothing if p in few else one for p, one in whole.waiting.items()},
        hours=tuple(Hour(0, None, few=True) if at in rare else one for at, one in enumerate(whole.hours)),
        team=(),
        exposure={},
        outcomes={name: n for name, n in whole.outcomes.items() if name not in outcomes},
        flags={name: one for name, one in whole.flags.items() if name not in flags},
        categories={name: n for name, n in whole.categories.items() if name not in categories},
        left_out=bool(few or rare or outcomes or categories or flags),
    )


def _hidden(counts: Mapping[_K, int]) -> frozenset[_K]:
    """Which figures are too small; where that is a single one, the next as well: the sum is known elsewhere."""
    small = [key for key, n in counts.items() if 0 < n < FEW]
    if len(small) == 1:
        rest = [key for key, n in counts.items() if n >= FEW]
        small += sorted(rest, key=lambda key: counts[key])[:1]
    return frozenset(small)


def report(
    connection: Connection, member: StaffMember, since: datetime, now: datetime, zone: ZoneInfo
) -> Report:
    """Figures from ``since`` on; hours of the day are those that clocks in ``zone`` showed on that day."""
    tally = sums(connection, since.date())
    return Report(
        waiting=_waiting(connection, member, since),
        overdue=_overdue(connection, member, now),
        hours=_hours(connection, member, since, now, zone),
        team=_team(connection, member, since),
        outcomes=_outcomes(connection, member, since),
        flags=_flags(connection, member, since),
        categories=_categories(connection, member, since),
        helped=tally.get("helped_yes", 0),
        not_helped=tally.get("helped_no", 0),
        exposure=of_the_team(connection, member, since),
    )


def _period(member: StaffMember, since: datetime) -> tuple[Any, ...]:
    return theirs(member), cases.c.opened_at >= literal(since, UtcDateTime)


def _waiting(connection: Connection, member: StaffMember, since: datetime) -> dict[Priority, Waiting]:
    """All priorities at once: how many, and the waits at the middle and at nine of ten of those answered."""
    period = _period(member, since)
    in_time = func.coalesce(func.sum(case((cases.c.waited <= cases.c.given, 1), else_=0)), 0)
    counts = select(cases.c.rank, func.count(), func.count(cases.c.waited), in_time).where(*period)
    place = func.row_number().over(partition_by=cases.c.rank, order_by=cases.c.waited) - 1
    total = func.count().over(partition_by=cases.c.rank)
    answered = select(cases.c.rank, cases.c.waited, place.label("place"), total.label("n"))
    in_order = answered.where(*period, cases.c.waited.is_not(None)).subquery()
    at = in_order.c
    marks = select(at.rank, at.n, at.place, at.waited)
    marks = marks.where(or_(at.place == at.n // 2, at.place == at.n * 9 // 10))
    waits = {(rank, n, place): timedelta(seconds=sec) for rank, n, place, sec in connection.execute(marks)}
    found = dict.fromkeys(Priority, Waiting(0, 0, 0, None, None))
    for rank, opened, n, timely in connection.execute(counts.group_by(cases.c.rank)):
        middle, slow = waits.get((rank, n, n // 2)), waits.get((rank, n, n * 9 // 10))
        found[Priority(-rank)] = Waiting(opened, n, int(timely), middle, slow)
    return found


def _overdue(connection: Connection, member: StaffMember, now: datetime) -> dict[Priority, int]:
    running = cases.c.state.in_([word(state.value) for state in CLOCK_STATES])
    late = select(cases.c.rank, func.count()).where(
        theirs(member), running, cases.c.due_at <= literal(now, UtcDateTime)
    )
    found = {Priority(-rank): count for rank, count in connection.execute(late.group_by(cases.c.rank))}
    return {priority: found.get(priority, 0) for priority in Priority}


def _hours(
    connection: Connection, member: StaffMember, since: datetime, now: datetime, zone: ZoneInfo
) -> tuple[Hour, ...]:
    counts, answered, seconds = [0] * 24, [0] * 24, [0] * 24
    for begin, end, shift in _stretches(since, now, zone):
        for quarter, count, known, total in connection.execute(_quarters(member, begin, end)):
            at = _local_hour(quarter, shift)
            counts[at] += count
            answered[at] += known
            seconds[at] += int(total)
    return tuple(
        Hour(n, timedelta(seconds=total // known) if known else None)
        for n, known, total in zip(counts, answered, seconds, strict=True)
    )


def _quarters(member: StaffMember, begin: datetime, end: datetime) -> Any:
    """Cases by the quarter of an hour (UTC) in which they were opened: some zones are half an hour off."""
    hour = func.cast(extract("hour", cases.c.opened_at), Integer)
    minute = func.cast(extract("minute", cases.c.opened_at), Integer)
    quarter = (hour * 4 + minute // 15).label("quarter")
    waited = func.coalesce(func.sum(cases.c.waited), 0)
    return (
        select(quarter, func.count(), func.count(cases.c.waited), waited)
        .where(*_period(member, begin), cases.c.opened_at < literal(end, UtcDateTime))
        .group_by(quarter)
    )


def _local_hour(quarter: int, shift: timedelta) -> int:
    return int((quarter * timedelta(minutes=15) + shift) // timedelta(hours=1)) % 24


def _stretches(
    since: datetime, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The period cut where clocks were put forward or back; zones do that on a quarter of an hour."""
    step, end = timedelta(minutes=15), now + timedelta(microseconds=1)
    first = datetime.min.replace(tzinfo=UTC) + (since - datetime.min.replace(tzinfo=UTC)) // step * step
    marks, shift = [since], _shift(since, zone)
    for count in range(1, (end - first) // step + 1):
        at = first + count * step
        if (after := _shift(at, zone)) != shift:
            marks, shift = [*marks, at], after
    for begin, until in pairwise([*marks, end]):
        yield begin, until, _shift(begin, zone)


def _shift(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _team(connection: Connection, member: StaffMember, since: datetime) -> tuple[Load, ...]:
    held = cases.c.state.in_([word(state.value) for state in HELD_STATES])
    grave = cases.c.rank == literal(-int(Priority.EMERGENCY), SmallInteger)
    closed = select(case_records.c.staff_id, func.count().label("n")).where(case_records.c.at >= since)
    done = closed.group_by(case_records.c.staff_id).subquery()
    query = (
        select(
            staff.c.name,
            func.count(cases.c.id),
            func.coalesce(func.sum(case((grave, 1), else_=0)), 0),
            func.coalesce(func.max(done.c.n), 0),
        )
        .select_from(
            staff.outerjoin(cases, (cases.c.holder_id == staff.c.id) & held).outerjoin(
                done, done.c.staff_id == staff.c.id
            )
        )
        .where(staff.c.helpline_id == member.helpline_id, staff.c.active)
        .where(staff.c.role.in_(("counsellor", "supervisor")))
        .group_by(staff.c.id, staff.c.name)
        .order_by(staff.c.name)
    )
    return tuple(Load(*row) for row in connection.execute(query))


def _outcomes(connection: Connection, member: StaffMember, since: datetime) -> dict[Outcome, int]:
    query = select(cases.c.outcome, func.count()).where(
        theirs(member), cases.c.state == word("closed"), cases.c.closed_at >= literal(since, UtcDateTime)
    )
    found = {row[0]: row[1] for row in connection.execute(query.group_by(cases.c.outcome))}
    return {outcome: found.get(outcome.value, 0) for outcome in Outcome}


def _closed_here(member: StaffMember, since: datetime, *columns: Any) -> Any:
    joined = case_records.join(cases, cases.c.id == case_records.c.case_id)
    return select(*columns).select_from(joined).where(theirs(member), case_records.c.at >= since)


def _flags(connection: Connection, member: StaffMember, since: datetime) -> dict[str, Judged]:
    """Grouped by the whole list, of which there are few; then counted by name."""
    lists = (case_records.c.right, case_records.c.wrong)
    query = _closed_here(member, since, *lists, func.count().label("n")).group_by(*lists)
    right, wrong = dict.fromkeys(FLAGS, 0), dict.fromkeys(FLAGS, 0)
    for row in connection.execute(query):
        for names, total in ((row.right, right), (row.wrong, wrong)):
            for name in set(names) & set(FLAGS):
                total[name] += row.n
    return {name: Judged(right[name], wrong[name]) for name in FLAGS}


def _categories(connection: Connection, member: StaffMember, since: datetime) -> dict[str, int]:
    """Cases by top category; a case with several is counted in each once."""
    column = case_records.c.categories
    total: dict[str, int] = {}
    for row in connection.execute(
        _closed_here(member, since, column, func.count().label("n")).group_by(column)
    ):
        for top in {code.partition(".")[0] for code in row.categories}:
            total[top] = total.get(top, 0) + row.n
    return total
