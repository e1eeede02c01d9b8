"""Lesson cards as the rules know them: a topic, an age band, minutes; the words stand in ``responses/``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

AGE_BANDS = ("6-9", "10-12", "13-15", "16-18")
LESSON_MINUTES = (15, 30, 45)


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card that can be had in some language: its ``id`` is ``<topic>_<ages>``."""

    id: str
    topic: str
    ages: str
    minutes: int


def band_of(age: int) -> str:
    """The age band nearest to an age in years."""
    for band in AGE_BANDS:
        if age <= int(band.partition("-")[2]):
            return band
    return AGE_BANDS[-1]


SCHOOL_BEGINS, SCHOOL_ENDS = time(7), time(16)
TIP_AT = time(9)
"""A tip goes out on a school day, Monday to Friday, at this time of the country."""

_SATURDAY = 5
_STRIDE = 5
"""Tips follow each other in steps that share no divisor with sixteen cards: topic and age change each week."""


def next_tip(now: datetime, zone: ZoneInfo | None) -> datetime:
    """The next school morning after ``now`` (aware); UTC where the country is unknown."""
    local = now.astimezone(zone or UTC)
    day = local.date() if local.time() < TIP_AT else local.date() + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, TIP_AT, local.tzinfo).astimezone(UTC)


def tip_after(due: datetime, now: datetime, zone: ZoneInfo | None) -> datetime:
    """A week after the one that was due, at the same hour of the country; never in the past."""
    local = due.astimezone(zone or UTC)
    later = datetime.combine(local.date() + timedelta(days=7), TIP_AT, local.tzinfo).astimezone(UTC)
    return later if later > now else next_tip(now, zone)


def in_school_hours(now: datetime, zone: ZoneInfo | None) -> bool:
    """Whether a tip may go out now: one that fell due while nobody could send it waits for school."""
    local = now.astimezone(zone or UTC)
    return local.weekday() < _SATURDAY and SCHOOL_BEGINS <= local.time() < SCHOOL_ENDS


def tip_card(cards: tuple[CardFacts, ...], number: int) -> CardFacts | None:
    """The card whose tip comes as number ``number`` (from 0)."""
    return cards[number * _STRIDE % len(cards)] if cards else None
