"""What is known of who writes: language, country, role, and whether somebody is at work for them."""

from __future__ import annotations

from dataclasses import replace

from bot.core.events import AnyEvent
from bot.core.helplines import somebody_there
from bot.core.ports import ContentFacts
from bot.core.reading import Reading
from bot.core.state import State
from bot.core.taxonomy import CHILD_USER, COUNTRIES, ROLES

TRUST_LANGUAGE = 0.6
SURE_LANGUAGE, SURE_WORDS = 0.9, 6
WORDS_FOR_LANGUAGE = 3
"""A language is taken from a text of at least so many words; one word is often the same in several."""


def with_language(state: State, reading: Reading | None, event: AnyEvent, content: ContentFacts) -> State:
    """Language from the text itself, then from the client; a language chosen by tap stays."""
    if state.language_chosen and state.language:
        return state
    offered, client = content.offered_languages(), event.client_language
    if reading is not None and reading.language in offered and _trusted(state, reading):
        return replace(state, language=reading.language)
    if state.language:
        return state
    if reading is not None and reading.words and not client:
        return replace(state, language=content.closest_language(reading.language))
    return replace(state, language=content.closest_language(client))


def _trusted(state: State, reading: Reading) -> bool:
    """In the safety path, where few words come at a time, those of another tongue must not change the language."""
    if state.path and reading.words < SURE_WORDS and reading.language_confidence < SURE_LANGUAGE:
        return False
    return reading.words >= WORDS_FOR_LANGUAGE and reading.language_confidence >= TRUST_LANGUAGE


def with_duty(state: State) -> State:
    """Whether somebody is at work where a case of this person would go."""
    if state.at_work is None or state.moment is None:
        return state
    there = somebody_there(state.helplines, state.audience, state.moment, state.at_work)
    return replace(state, on_duty=there)


def with_hints(state: State, reading: Reading | None) -> State:
    """Country and role as the text gives them away, until the person says otherwise."""
    if reading is None:
        return state
    country = reading.entity("country") or ""
    if not state.country and country in COUNTRIES:
        state = replace(state, country=country)
    if state.role_chosen:
        return state
    role = "child" if by_child(state, reading) else reading.entity("audience") or ""
    return replace(state, role=role) if role in ROLES else state


def by_child(state: State, reading: Reading) -> bool:
    """Whether a child writes, as far as can be told.

    "My daughter" is surer than a guess at the writer's age, now or in an earlier message; only "I am
    twelve" overturns it. "My class" says a pupil too.
    """
    hit = next((hit for hit in reading.flags if hit.name == CHILD_USER), None)
    if hit is None or reading.entity("audience") == "parent":
        return False
    return hit.by_rule or state.role not in ("parent", "teacher")
