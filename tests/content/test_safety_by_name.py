"""What people in danger are told, requirement by requirement, in every language, for every audience.

The names are those of the safer-chatbots checklist (after UNICEF's Safer Chatbots, NSPCC, Childline). Each is held with
and without staff at work, with the country known, known without a checked number, and unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from bot.content import preview
from bot.content.library import read_responses
from bot.content.markup import from_content, strip
from bot.content.model import Responses, SafetyText
from bot.content.phrasebook import Phrasebook
from bot.content.preview import Scene
from bot.core.effects import Audience, Message
from bot.core.taxonomy import DANGER_FLAGS, IMMINENT_DANGER, LANGUAGES, ROLES, SELF_HARM

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NO_NUMBER = "td"
"""The country for which no emergency number could be found that is sure enough."""
EMERGENCIES = (IMMINENT_DANGER, SELF_HARM)


@cache
def responses() -> Responses:
    return read_responses(ROOT / "responses", [])


@dataclass(frozen=True)
class Case:
    """One person in danger: the flag, who and where, and what the bot said at once and later."""

    flag: str
    audience: Audience
    on_duty: bool
    scenes: dict[str, Scene]

    @property
    def at_once(self) -> str:
        """The first messages, one below the other."""
        return "\n\n".join(plain(message) for message in self.scenes["danger"].messages)

    @property
    def text(self) -> SafetyText:
        return responses().texts[self.audience.language].safety[self.flag].roles[self.audience.role]

    def phrase(self, key: str) -> str:
        found = responses().texts[self.audience.language].phrases[f"safety.{key}"]
        words = from_content(found.for_role(self.audience.role))
        return strip(words.replace("{safe_word}", responses().safe_word))

    def __str__(self) -> str:
        return f"{self.flag}, {self.audience}, {'staff at work' if self.on_duty else 'nobody at work'}"


def plain(message: Message) -> str:
    return strip(message.html)


def cases(language: str) -> Iterator[Case]:
    book = Phrasebook(responses(), today=NOW.date)
    for flag, role, country in product(DANGER_FLAGS, ROLES, ("", "cr", "rw", NO_NUMBER)):
        audience = Audience(language, country, role)
        scenes = list(preview.safety(book, flag, audience, NOW))
        for on_duty, ending in ((True, "staff at work"), (False, "nobody at work")):
            own = {s.title.split(",")[0]: s for s in scenes if s.title.endswith(ending)}
            yield Case(flag, audience, on_duty, own)


@pytest.fixture(params=LANGUAGES)
def all_cases(request: pytest.FixtureRequest) -> list[Case]:
    return list(cases(request.param))


def test_ack_now_kind_text_and_say_what_i_am(all_cases: list[Case]) -> None:
    for case in all_cases:
        assert strip(from_content(case.text.acknowledge)) in case.at_once, case
        assert case.phrase("not_a_person") in case.at_once, case


def test_no_gate_help_comes_before_the_question(all_cases: list[Case]) -> None:
    for case in all_cases:
        first = plain(case.scenes["danger"].messages[0])
        for step in case.text.steps:
            assert strip(from_content(step)) in first, case
        if case.flag in EMERGENCIES:
            heads = ("call_now", "call_now_unknown", "call_now_none")
            assert first.startswith(tuple(case.phrase(key) for key in heads)), case
            question = strip(from_content(case.text.question))
            assert question not in first, case
            assert question in plain(case.scenes["danger"].messages[1]), case


def test_ask_back_and_correct_clean(all_cases: list[Case]) -> None:
    for case in all_cases:
        payloads = [b.payload for m in case.scenes["danger"].messages for row in m.buttons for b in row]
        assert any('"a":"wrong"' in payload for payload in payloads), case
        assert case.phrase("corrected") in plain(case.scenes["answer: wrong"].messages[0]), case
        if case.flag not in EMERGENCIES:
            assert case.phrase("understood") in case.at_once, case


def test_limits_of_secrecy_and_tell_before_sharing(all_cases: list[Case]) -> None:
    for case in all_cases:
        assert case.phrase("secrecy") in case.at_once, case


def test_nobody_on_duty_is_said_and_nobody_is_promised(all_cases: list[Case]) -> None:
    for case in all_cases:
        said, unsaid = ("duty", "off") if case.on_duty else ("off", "duty")
        assert case.phrase(f"case_opened_{said}") in case.at_once, case
        assert case.phrase(f"case_opened_{unsaid}") not in case.at_once, case
        assert case.phrase(f"person_{said}") in plain(case.scenes["answer: person"].messages[0]), case


def test_safe_word_is_told_and_brings_the_numbers_back(all_cases: list[Case]) -> None:
    for case in all_cases:
        assert responses().safe_word in case.at_once, case
        again = plain(case.scenes["safe word"].messages[0])
        assert again.startswith(case.phrase("safe_word_shown")), case
        assert case.phrase("helplines") in again, case


def test_refer_country_and_never_another_one(all_cases: list[Case]) -> None:
    for case in all_cases:
        first = case.scenes["danger"].messages[0]
        asks = any('"country":' in button.payload for row in first.buttons for button in row)
        worldwide = {item.web for item in responses().worldwide if item.web}
        if not case.audience.country:
            assert asks, case
            assert any(address in plain(first) for address in worldwide), case
            assert not any(len(word) == 3 and word.isdigit() for word in plain(first).split()), case
        else:
            services = responses().countries[case.audience.country].services
            ways = {way for item in services for way in (item.number, item.web) if way} | worldwide
            assert not asks, case
            assert any(way in plain(first) for way in ways), case


def test_refer_choice_a_way_without_the_phone(all_cases: list[Case]) -> None:
    for case in all_cases:
        assert case.phrase("without_phone") in plain(case.scenes["answer: unsafe"].messages[0]), case


def test_no_details_one_question_at_most(all_cases: list[Case]) -> None:
    for case in all_cases:
        asked = sum(paragraph.count("?") for paragraph in case.at_once.split("\n\n"))
        assert asked <= 1, f"{case}: {asked} questions"


def test_no_wrong_fallback_nothing_but_help(all_cases: list[Case]) -> None:
    """No menu, no topic list and no greeting in the first reply, nor while the person writes on."""
    for case in all_cases:
        for title in ("danger", "writes on"):
            for message in case.scenes[title].messages:
                payloads = [button.payload for row in message.buttons for button in row]
                assert not any(p.startswith(("/menu", "/topic", "/something_else")) for p in payloads), case


def test_plain_no_wall_of_text(all_cases: list[Case]) -> None:
    """The first message of danger stays short enough to be read on a small screen in one go."""
    for case in all_cases:
        for message in case.scenes["danger"].messages:
            assert len(plain(message)) <= 1500, f"{case}: {len(plain(message))}"
