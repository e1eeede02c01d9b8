"""Lesson cards as the rules know them: a topic, an age band, minutes; the words stand in ``responses/``."""

from __future__ import annotations

from dataclasses import dataclass

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
