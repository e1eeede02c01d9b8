"""What a team had to read, of all together: no person is singled out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, distinct, func, literal, select

from bot.helpline.care_tables import care_acts
from bot.helpline.exposure import MANY, TAKEN, hard
from bot.helpline.members import StaffMember
from bot.helpline.sql import word
from bot.helpline.tables import UtcDateTime, case_lines, cases, staff

FEW = 5
"""Smaller figures about people are not shown, lest somebody be recognised: of staff to nobody, of others not
outside of the team."""

_ACTS = {"hard": "marked", "break": "breaks", "talk": "talks"}


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure of the team; ``few``: too few people contributed, and the figures are nought."""

    count: int
    people: int
    few: bool = False


def of_the_team(connection: Connection, member: StaffMember, since: datetime) -> Mapping[str, Sum]:
    """``taken``, ``hard``, ``full`` (days with many hard cases), ``marked``, ``breaks`` and ``talks``."""
    found = {**_cases(connection, member, since), **_acts(connection, member, since)}
    return {name: _shown(*pair) for name, pair in found.items()}


def _shown(count: int, people: int) -> Sum:
    return Sum(0, 0, few=True) if 0 < people < FEW else Sum(count, people)


def _cases(connection: Connection, member: StaffMember, since: datetime) -> dict[str, tuple[int, int]]:
    """Counted a person and a day at a time, then summed."""
    day = func.date(case_lines.c.at)
    heavy = func.count(distinct(case((hard(), case_lines.c.case_id))))
    query = (
        select(case_lines.c.staff_id, func.count(distinct(case_lines.c.case_id)), heavy)
        .select_from(
            case_lines.join(cases, cases.c.id == case_lines.c.case_id).join(
                staff, staff.c.id == case_lines.c.staff_id
            )
        )
        .where(case_lines.c.key.in_([word(key) for key in TAKEN]))
        .where(case_lines.c.at >= literal(since, UtcDateTime), staff.c.helpline_id == member.helpline_id)
        .group_by(case_lines.c.staff_id, day)
    )
    taken: Counter[int] = Counter()
    hard_ones: Counter[int] = Counter()
    full: Counter[int] = Counter()
    for row in connection.execute(query):
        who, count, weighed = row.staff_id or 0, row[1], row[2]
        taken[who] += count
        hard_ones[who] += weighed
        full[who] += weighed >= MANY
    return {name: _total(one) for name, one in (("taken", taken), ("hard", hard_ones), ("full", full))}


def _total(by_person: Counter[int]) -> tuple[int, int]:
    return by_person.total(), sum(count > 0 for count in by_person.values())


def _acts(connection: Connection, member: StaffMember, since: datetime) -> dict[str, tuple[int, int]]:
    query = (
        select(care_acts.c.kind, func.count(), func.count(distinct(care_acts.c.staff_id)))
        .select_from(care_acts.join(staff, staff.c.id == care_acts.c.staff_id))
        .where(care_acts.c.at >= literal(since, UtcDateTime), staff.c.helpline_id == member.helpline_id)
        .group_by(care_acts.c.kind)
    )
    found = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    return {name: found.get(kind, (0, 0)) for kind, name in _ACTS.items()}
