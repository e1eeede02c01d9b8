"""Overviews: what grew old, languages side by side, how far each language is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.content.library import read_responses
from bot.content.model import Responses
from bot.content.phrasebook import Phrasebook
from bot.content.report import CARDS, SHEETS, markdown, next_stale, progress, side_by_side, stale
from bot.core.taxonomy import LANGUAGES
from bot.errors import ContentError
from tests.unit.content.conftest import ROOT

CHECKED = date(2026, 11, 1)


@pytest.fixture(scope="module")
def responses() -> Responses:
    return read_responses(ROOT / "responses", [])


@pytest.mark.parametrize(
    ("days", "listed", "shown"),
    [(365, False, True), (366, True, True), (730, True, True), (731, True, False)],
)
def test_facts_grow_old_after_12_and_24_months(
    responses: Responses, days: int, listed: bool, shown: bool
) -> None:
    old = {fact.name: fact for fact in stale(responses, CHECKED + timedelta(days=days))}
    for name in ("cr-emergency-911", "take_it_down", "whatsapp block"):
        assert (name in old) is listed
        if listed:
            assert old[name].shown is shown


def test_the_next_day_to_look_is_known(responses: Responses) -> None:
    assert next_stale(responses, CHECKED) == CHECKED + timedelta(days=365)
    assert next_stale(responses, CHECKED + timedelta(days=3650)) is None


@pytest.mark.parametrize(
    "topic", ["bullying", "parental_controls", "safety", "everyday", "buttons", "lessons", *CARDS, *SHEETS]
)
def test_every_row_has_a_text_in_each_language(responses: Responses, topic: str) -> None:
    rows = side_by_side(responses, topic, ("es", "en"))
    assert rows
    gaps = [row.name for row in rows if "" in row.texts]
    assert [name for name in gaps if not name.endswith(("· question", "· child", "· teacher", "· say"))] == []


def test_a_lesson_stands_side_by_side_with_all_its_steps(responses: Responses) -> None:
    rows = {row.name: row.texts for row in side_by_side(responses, "bullying_6-9", ("es", "en"))}
    card = responses.lessons["en"].cards["bullying_6-9"]
    assert rows["title"][1] == card.title
    assert rows["safeguarding"][1].count("•") == len(card.safeguarding)
    assert [rows[f"step {at} · do"][1] for at in range(1, len(card.steps) + 1)] == [
        step.do for step in card.steps
    ]


def test_an_unknown_topic_or_language_is_refused(responses: Responses) -> None:
    for topic, languages in (("weather", ("es",)), ("bullying", ("xx",))):
        with pytest.raises(ContentError, match="not known"):
            side_by_side(responses, topic, languages)


def test_progress_counts_every_language(responses: Responses) -> None:
    rows = progress(responses, Phrasebook(responses).offered_languages())
    assert [row.language for row in rows] == list(LANGUAGES)
    spanish = rows[0]
    assert (spanish.guidance, spanish.safety, spanish.offered) == (25, 4, True)
    assert (spanish.cards, spanish.sheets) == (16, 4)
    assert spanish.draft + spanish.reviewed == sum(item.language == "es" for item in responses.reviews())


def test_the_table_for_readers_is_true(responses: Responses) -> None:
    table = markdown(progress(responses, Phrasebook(responses).offered_languages()))
    readme = (ROOT / "responses" / "README.md").read_text("utf-8")
    assert table in readme, "paste what “amparo check --review --markdown” prints into responses/README.md"


def test_every_country_has_its_open_questions(responses: Responses) -> None:
    lines = (ROOT / "responses" / "OPEN_QUESTIONS.md").read_text("utf-8").splitlines()
    headings = {line.removeprefix("## ") for line in lines if line.startswith("## ")}
    missing = {country.name["en"] for country in responses.countries.values()} - headings
    assert not missing
