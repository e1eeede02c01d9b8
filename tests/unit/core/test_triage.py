"""Priorities as `intents/taxonomy.yml` gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.taxonomy import FLAGS, Priority
from bot.core.triage import gravest, priority_of, with_intents

INTENTS = ("bullying/victim", "abuse/grooming", "identity_theft/scam", "out_of_scope")


@pytest.mark.parametrize(
    ("flags", "intent", "expected"),
    [
        (("imminent_danger",), "out_of_scope", Priority.EMERGENCY),  # whatever the message is about
        (("self_harm", "child_user"), "abuse/self_harm", Priority.EMERGENCY),
        (("sexual_harm",), "abuse/grooming", Priority.URGENT),
        (("violence",), "bullying/victim", Priority.URGENT),
        (("child_user",), "bullying/victim", Priority.URGENT),  # a child who writes about bullying
        (("child_user",), "identity_theft/scam", None),  # … about a scam is answered with guidance
        (("human_requested",), "out_of_scope", Priority.ROUTINE),
        ((), "abuse/disclosure", None),  # answered, and offered a person
    ],
)
def test_priority(flags: tuple[str, ...], intent: str, expected: Priority | None) -> None:
    assert priority_of(flags, intent) == expected


@given(st.sets(st.sampled_from(FLAGS)), st.sampled_from(FLAGS), st.sampled_from(INTENTS))
def test_another_flag_never_lowers_the_priority(flags: set[str], more: str, intent: str) -> None:
    before = priority_of(flags, intent) or 0
    assert (priority_of(flags | {more}, intent) or 0) >= before


@pytest.mark.parametrize(
    ("sure", "shown"),
    [
        ({"imminent_danger": 1.0, "self_harm": 0.8}, "self_harm"),  # even in immediate danger
        ({"imminent_danger": 1.0, "self_harm": 0.06}, "imminent_danger"),  # a guess gives place
        ({"imminent_danger": 0.2, "self_harm": 0.06}, "self_harm"),
        ({"child_user": 1.0, "self_harm": 0.06}, "self_harm"),
        ({"child_user": 1.0}, ""),
    ],
)
def test_the_safety_text_shown(sure: dict[str, float], shown: str) -> None:
    assert gravest(FlagHit(name, confidence) for name, confidence in sure.items()) == shown


def test_another_server_does_not_make_a_writer_the_culprit() -> None:
    here = Reading("they beat me", "en", 1.0, (Ranked("bullying/victim", 0.6),), words=3)
    there = (Ranked("abuse/own_behaviour", 0.9), Ranked("bullying/prevention", 0.1))
    assert with_intents(here, there).intent.name == "bullying/prevention"
    assert with_intents(here, there[:1]) == here
    own = Reading("i hit him", "en", 1.0, (Ranked("abuse/own_behaviour", 0.6),), words=3)
    assert with_intents(own, there).intent.name == "abuse/own_behaviour"
