"""Goes through everything that can be said: every intent and danger, audience, language, country and platform.

Each message must fit into Telegram, name only the numbers of the person's own country, and come from the language
that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content import preview
from bot.content.findings import Finding
from bot.content.library import read_responses
from bot.content.markup import MAX_LENGTH, balanced, length, strip
from bot.content.model import Responses, Service
from bot.content.phrasebook import Phrasebook
from bot.content.preview import Scene
from bot.core.dialogue.payloads import MAX_BYTES, parse
from bot.core.effects import Audience, Message
from bot.core.taxonomy import COUNTRIES, DANGER_FLAGS, LANGUAGES, ROLES

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LABEL = 28
LABELS_IN_A_ROW = 3
BUTTONS = 100
"""Telegram refuses a keyboard with more."""

UNKNOWN = ""
_URL = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"[+(]?\d(?:[\d ()#*-]*\d)?")
_SHORTEST = 3
"""Ages, hours and steps have two digits; what has three or more is dialled."""


@pytest.fixture(scope="module")
def responses() -> Responses:
    findings: list[Finding] = []
    responses = read_responses(ROOT / "responses", findings)
    assert findings == []
    return responses


class Fallbacks:
    """A phrasebook that notes every text taken from another language than the one asked for."""

    def __init__(self, responses: Responses) -> None:
        self.seen: set[tuple[str, str, str]] = set()
        self.book = Phrasebook(responses, lambda *missed: self.seen.add(missed), NOW.date)


def digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def numbers(services: Iterator[Service] | tuple[Service, ...]) -> set[str]:
    """All that may be dialled or written to, as digits; names hold some too (“Línea 106”)."""
    found = set()
    for service in services:
        words = (*service.about.values(), *service.who_text.values(), *service.limits.values())
        for text in (service.number, service.whatsapp, service.name, *words):
            found |= {digits(match) for match in _NUMBER.findall(text)}
    return found


def dialled(message: Message) -> Iterator[str]:
    """Whatever a person could take for a number in a message."""
    for line in _URL.sub("", strip(message.html)).splitlines():
        for match in _NUMBER.findall(re.sub(r"\d{2}:\d{2}(?:-\d{2}:\d{2})?", "", line)):
            if len(digits(match)) >= _SHORTEST:
                yield digits(match)


def check(scene: Scene, allowed: set[str], where: str) -> None:
    assert scene.messages or scene.title.startswith("writes on"), where
    for message in scene.messages:
        assert 0 < length(message.html) <= MAX_LENGTH, where
        assert balanced(message.html.replace("&lt;", "").replace("&gt;", "")), where
        assert not re.search(r"\{[a-z_]+\}", message.html), where
        assert set(dialled(message)) <= allowed, f"{where}: {set(dialled(message)) - allowed}"
        assert sum(map(len, message.buttons)) <= BUTTONS, where
        for row in message.buttons:
            assert 0 < len(row) <= LABELS_IN_A_ROW, where
            for button in row:
                assert 0 < len(button.label) <= LABEL, f"{where}: {button.label}"
                assert len(button.payload.encode()) <= MAX_BYTES, where
                assert parse(button.payload) is not None, where


def audiences(language: str, responses: Responses) -> Iterator[tuple[Audience, set[str]]]:
    """Every country and audience of a language, with the numbers that may be shown."""
    worldwide = numbers(responses.worldwide)
    for country in (UNKNOWN, *COUNTRIES):
        own = numbers(responses.countries[country].services) if country else set()
        for role in ("", *ROLES):
            yield Audience(language, country, role), own | worldwide


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_in_every_country_for_every_audience(responses: Responses, language: str) -> None:
    noted = Fallbacks(responses)
    seen = 0
    for audience, allowed in audiences(language, responses):
        for intent in responses.facts:
            for scene in preview.topic(noted.book, intent, audience, NOW):
                check(scene, allowed, f"{intent}, {scene.title}, {audience}")
                seen += 1
    assert seen > 20_000
    assert noted.seen == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_danger_in_every_country_for_every_audience(responses: Responses, language: str) -> None:
    noted = Fallbacks(responses)
    for audience, allowed in audiences(language, responses):
        for flag in DANGER_FLAGS:
            scenes = list(preview.safety(noted.book, flag, audience, NOW))
            for scene in scenes:
                check(scene, allowed, f"{flag}, {scene.title}, {audience}")
            first = strip(scenes[0].messages[0].html)
            emergency = [s for s in country_services(responses, audience.country) if s.kind == "emergency"]
            if emergency:
                assert emergency[0].number in first, f"{flag}, {audience}: the emergency number is missing"
    assert noted.seen == set()


def country_services(responses: Responses, country: str) -> tuple[Service, ...]:
    return responses.countries[country].services if country else ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_platform_has_steps_in_the_language(responses: Responses, language: str) -> None:
    missing = [
        f"{platform.id} {action.action}"
        for platform in responses.platforms.values()
        for action in platform.actions.values()
        if not action.steps.get(language)
    ]
    assert missing == []


@pytest.mark.parametrize("years", [1, 3])
def test_facts_that_grew_old_leave_a_way_to_help(responses: Responses, years: int) -> None:
    """After three years without a check no number is left; people are still told where to go."""
    later = NOW.replace(year=NOW.year + years)
    book = Phrasebook(responses, today=later.date)
    worldwide = numbers(responses.worldwide)
    for country in COUNTRIES:
        for flag in DANGER_FLAGS:
            scenes = list(preview.safety(book, flag, Audience("es", country), later))
            found = {number for scene in scenes for message in scene.messages for number in dialled(message)}
            assert all(length(m.html) <= MAX_LENGTH for scene in scenes for m in scene.messages)
            if years == 3:
                assert found <= worldwide
                assert "{" not in scenes[0].messages[0].html
                assert "policía" in strip(scenes[0].messages[0].html)
