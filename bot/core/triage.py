"""How urgent a message is: the priorities of ``intents/taxonomy.yml``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.taxonomy import (
    CHILD_USER,
    HUMAN_REQUESTED,
    IMMINENT_DANGER,
    SELF_HARM,
    SEXUAL_HARM,
    VIOLENCE,
    Priority,
    topic_of,
)

OWN_BEHAVIOUR = "abuse/own_behaviour"


def priority_of(flags: Iterable[str], intent: str) -> Priority | None:
    """The priority of a case that these flags and this intent open, or None where none is opened."""
    raised = frozenset(flags)
    if raised & {IMMINENT_DANGER, SELF_HARM}:
        return Priority.EMERGENCY
    if raised & {SEXUAL_HARM, VIOLENCE}:
        return Priority.URGENT
    if CHILD_USER in raised and topic_of(intent) in ("abuse", "bullying"):
        return Priority.URGENT
    if HUMAN_REQUESTED in raised:
        return Priority.ROUTINE
    return None


def with_intents(reading: Reading, ranking: tuple[Ranked, ...]) -> Reading:
    """The reading with another server's intents, unless that would make less of the danger in it.

    Of a text without words, such as a heart, a model that always guesses would make a yes or a no.
    That somebody writes of own conduct must be read here too: a victim must not be answered so.
    """
    if ranking[0].name == OWN_BEHAVIOUR and reading.intent.name != OWN_BEHAVIOUR:
        ranking = ranking[1:]
    if not reading.words or not ranking:
        return reading
    flags = reading.flag_names
    here, there = priority_of(flags, reading.intent.name), priority_of(flags, ranking[0].name)
    return reading if (here or 0) > (there or 0) else replace(reading, ranking=ranking)


# Talk of dying has steps of its own, which hold even where the danger is also immediate.
_TEXT_ORDER = (SELF_HARM, IMMINENT_DANGER, SEXUAL_HARM, VIOLENCE)


def gravity(flag: str) -> int:
    """The place of a danger flag among the texts, the gravest first; "" comes last."""
    return _TEXT_ORDER.index(flag) if flag in _TEXT_ORDER else len(_TEXT_ORDER)


SURE = 0.5
"""The confidence from which a danger flag is more than a doubtful guess."""


def gravest(hits: Iterable[FlagHit]) -> str:
    """The danger flag whose safety text is shown; empty where there is none.

    A doubtful guess gives place to what is sure: a missing child must not be answered as talk of dying.
    """
    sure = {hit.name: hit.confidence for hit in hits if hit.name in _TEXT_ORDER}
    if any(confidence >= SURE for confidence in sure.values()):
        sure = {name: confidence for name, confidence in sure.items() if confidence >= SURE}
    return next((flag for flag in _TEXT_ORDER if flag in sure), "")
