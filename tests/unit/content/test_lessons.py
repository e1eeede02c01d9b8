"""Lesson cards and family sheets: what the reader and the check find in spoilt ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.content.checks.lessons import CARD_LIMITS
from bot.content.lesson_model import card_fields
from bot.content.library import read_responses
from bot.content.markup import balanced, escape
from bot.content.model import Responses
from bot.content.phrasebook import Phrasebook
from bot.core.effects import Audience, LessonText, Say
from bot.core.handout import Document
from bot.core.lessons import AGE_BANDS
from bot.core.taxonomy import COUNTRIES, GUIDANCE_TOPICS, LANGUAGES
from tests.unit.content.conftest import ROOT, TODAY, Spoil

CARD = "responses/es/lessons/bullying_6-9.yml"
SHEET = "responses/es/lessons/family_abuse.yml"


@pytest.fixture(scope="module")
def responses() -> Responses:
    return read_responses(ROOT / "responses", [])


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        (CARD, "minutes: 10\n", "minutes: 12\n", "lesson-minutes"),  # the steps no longer add up
        (CARD, "minutes: 30", "minutes: 25", "unknown-value"),  # only 15, 30 and 45 are lessons
        (CARD, "minutes: 10\n", "minutes: soon\n", "type"),
        (CARD, "ages: 6-9", "ages: 7-9", "unknown-value"),
        (CARD, "topic: bullying", "topic: abuse", "lesson-name"),  # the file's name says another card
        (CARD, "- Pizarra y tiza", "- Un celular por pareja", "lesson-refused"),  # chalk must be enough
        (CARD, "¿Qué siente Kito cuando", "¿Alguna vez te sentiste así cuando", "lesson-refused"),
        (CARD, "- ¿Qué siente Kito cuando nadie lo deja jugar?\n", "", "lesson-lines"),  # three questions
        (CARD, "title: El", f"title: {'muy largo ' * 6}", "lesson-text-length"),
        (CARD, "safeguarding:", "safeguard:", "missing-key"),
        (CARD, "tuk_disclosure]", "nobody]", "unknown-source"),
        (CARD, "El círculo", "El círculo de https://example.org", "link-in-text"),
        (CARD, "Ven, juega", "Llama al 112 y ven, juega", "number-in-text"),
        (CARD, "Ven, juega", "<u>Ven</u>, juega", "tags"),
        (SHEET, "say:\n- Te creo.", "say: Te creo.\nunknown:\n- x", "unknown-key"),
        (SHEET, "topic: abuse", "topic: other", "unknown-value"),
    ],
)
def test_spoilt_lesson_is_found(spoil: Spoil, file: str, old: str, new: str, code: str) -> None:
    assert code in {finding.code for finding in spoil(file, old, new) if finding.file == file}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_is_two_messages_and_a_sheet_one(responses: Responses, language: str) -> None:
    """In every country: what is forwarded must hold its numbers, and Telegram takes 4096 characters."""
    book = Phrasebook(responses, today=lambda: TODAY)
    now = datetime(2026, 11, 23, 18, tzinfo=UTC)
    for country in ("", *COUNTRIES):
        audience = Audience(language, country, "teacher")
        for topic in GUIDANCE_TOPICS:
            (sheet,) = book.render(Say((LessonText("sheet", topic),)), audience, now)
            numbers = [
                line.number for line in book.handout(Document(f"family_{topic}", language, country), now).help
            ]
            assert all(escape(number) in sheet.html for number in numbers)
    for card in book.lesson_cards(language):
        for part in ("card", "more", "tip"):
            (message,) = book.render(Say((LessonText(part, card.id),)), Audience(language, "cr"), now)
            assert balanced(message.html)


def test_every_topic_and_age_has_its_card(responses: Responses) -> None:
    wanted = {f"{topic}_{ages}" for topic in GUIDANCE_TOPICS for ages in AGE_BANDS}
    for code in LANGUAGES:
        assert set(responses.lessons[code].cards) == wanted
        assert set(responses.lessons[code].sheets) == set(GUIDANCE_TOPICS)


def test_translations_take_the_same_minutes(responses: Responses) -> None:
    """A teacher who changes the language finds the same lesson."""
    first = responses.lessons["es"].cards
    for lessons in responses.lessons.values():
        for name, card in lessons.cards.items():
            assert [step.minutes for step in card.steps] == [step.minutes for step in first[name].steps]
            assert card.sources == first[name].sources


def test_every_text_of_a_card_has_a_limit(responses: Responses) -> None:
    card = responses.lessons["es"].cards["bullying_6-9"]
    assert {name for name, _ in card_fields(card)} <= set(CARD_LIMITS)
