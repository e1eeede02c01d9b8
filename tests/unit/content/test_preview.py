"""What an editor is shown of a topic, a danger and a lesson."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.content.library import read_responses
from bot.content.phrasebook import Phrasebook
from bot.content.preview import Scene, lesson_names, scenes
from bot.core.effects import Audience
from bot.errors import ContentError
from tests.unit.content.conftest import ROOT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    return Phrasebook(read_responses(ROOT / "responses", []), today=NOW.date)


def shown(book: Phrasebook, name: str, language: str = "gn", country: str = "py") -> list[Scene]:
    return list(scenes(book, name, Audience(language, country, "teacher"), NOW))


def test_a_card_is_shown_with_its_idea_of_the_week(book: Phrasebook) -> None:
    card, tip = shown(book, "bullying_6-9")
    words = book.responses.lessons["gn"].cards["bullying_6-9"]
    assert words.title in card.messages[0].html
    assert words.follow_up in card.messages[1].html
    assert words.tip in tip.messages[0].html


def test_a_family_sheet_bears_the_numbers_of_the_country(book: Phrasebook) -> None:
    (sheet,) = shown(book, "family_abuse", "rw", "rw")
    title = book.responses.lessons["rw"].sheets["abuse"].title
    assert title in sheet.messages[0].html
    assert "<b>116</b>" in sheet.messages[0].html


@pytest.mark.parametrize("language", ["es", "en", "fr", "sw", "rw", "gn"])
def test_every_lesson_can_be_previewed(book: Phrasebook, language: str) -> None:
    names = lesson_names(book, language)
    assert len(names) == 20
    for name in names:
        assert all(scene.messages for scene in shown(book, name, language))


def test_an_unknown_name_is_refused_with_those_that_are_known(book: Phrasebook) -> None:
    with pytest.raises(ContentError, match=r"self_harm.*bullying_6-9.*family_abuse"):
        shown(book, "bullying_7-9")
