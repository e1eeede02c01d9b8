"""Rendering: every combination within Telegram's limits, with the right country's numbers only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from bot.content.directory import showable
from bot.content.findings import Finding
from bot.content.library import read_responses
from bot.content.markup import MAX_LENGTH, balanced, length, strip
from bot.content.model import KINDS, Provenance
from bot.content.phrasebook import Phrasebook
from bot.core.effects import Audience, Button, Guidance, Part, Phrase, Say, Services
from bot.core.taxonomy import COUNTRIES, LANGUAGES, ROLES
from tests.unit.content.conftest import ROOT

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    findings: list[Finding] = []
    book = Phrasebook(read_responses(ROOT / "responses", findings))
    assert not findings
    return book


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_guidance_text_fits_for_every_role(book: Phrasebook, language: str) -> None:
    for intent, role, part in product(book.responses.facts, ROLES, Part):
        (message,) = book.render(Say((Guidance(intent, part),)), Audience(language, "", role), NOW)
        assert 0 < length(message.html) <= (700 if part is Part.FIRST else MAX_LENGTH)
        assert balanced(message.html.replace("&lt;", "").replace("&gt;", ""))
        assert "{" not in message.html


@pytest.mark.parametrize("country", COUNTRIES)
def test_services_are_of_that_country_or_worldwide_and_of_no_other(book: Phrasebook, country: str) -> None:
    elsewhere = {
        item.number
        for code, other in book.responses.countries.items()
        for item in other.services
        if code != country and item.number
    } - {item.number for item in book.responses.countries[country].services}
    for kind, language in product(KINDS, ("es", "en", "gn")):
        for message in book.render(Say((Services((kind,), 3),)), Audience(language, country), NOW):
            lines = {line.split(" · ")[0] for line in strip(message.html).splitlines()}
            assert not lines & elsewhere
            assert 0 < length(message.html) <= MAX_LENGTH


def test_an_unknown_country_gets_the_worldwide_directory_and_no_number(book: Phrasebook) -> None:
    (message,) = book.render(Say((Services(("emergency",), 2),)), Audience("es"), NOW)
    assert "childhelplineinternational" in message.html.replace(" ", "").lower()
    assert "911" not in message.html


def test_medium_confidence_is_marked(book: Phrasebook) -> None:
    country = next(
        c
        for c in book.responses.countries.values()
        if any(s.provenance.confidence == "medium" for s in c.services)
    )
    unsure = next(s for s in country.services if s.provenance.confidence == "medium")
    (message,) = book.render(Say((Services((unsure.kind,), 20),)), Audience("es", country.code), NOW)
    phrase = book.responses.texts["es"].phrases["everyday.contact_unsure"].variants["default"]
    assert phrase in strip(message.html)


def test_parameters_are_never_markup(book: Phrasebook) -> None:
    say = Say((Phrase("everyday.case_claimed", {"reference": "A1", "staff": "<b>&{safe_word}"}),))
    (message,) = book.render(say, Audience("es"), NOW)
    assert "&lt;b&gt;&amp;{safe_word}" in message.html


def test_long_messages_are_split_and_buttons_go_to_the_last(book: Phrasebook) -> None:
    say = Say(
        tuple(Guidance("abuse/grooming", Part.MORE) for _ in range(20)), ((Button("buttons.menu", "/menu"),),)
    )
    messages = book.render(say, Audience("es"), NOW)
    assert len(messages) > 1
    assert all(length(m.html) <= MAX_LENGTH for m in messages)
    assert [bool(m.buttons) for m in messages] == [False] * (len(messages) - 1) + [True]


def test_a_missing_language_falls_back_as_declared_and_says_so() -> None:
    seen: list[tuple[str, str, str]] = []
    responses = read_responses(ROOT / "responses", [])
    book = Phrasebook(responses, lambda key, wanted, found: seen.append((key, wanted, found)))
    book.render(Say((Phrase("everyday.greet"),)), Audience("zz"), NOW)
    assert seen[0][:2] == ("everyday.greet", "zz")


@pytest.mark.parametrize(
    ("days", "confidence", "source", "shown"),
    [
        (0, "high", "https://a.org", True),
        (730, "medium", "https://a.org", True),
        (731, "high", "https://a.org", False),  # too old
        (1, "low", "https://a.org", False),
        (1, "high", "none", False),
        (1, "high", "web_unverified", False),
    ],
)
def test_only_sure_sourced_and_fresh_facts_are_shown(
    days: int, confidence: str, source: str, shown: bool
) -> None:
    today = date(2026, 11, 23)
    fact = Provenance(source, "unknown", today - timedelta(days=days), confidence)
    assert showable(fact, today) is shown


def test_a_fact_without_a_date_is_not_shown() -> None:
    assert not showable(Provenance("https://a.org", "2026", None, "high"), date(2026, 11, 23))


def test_a_number_is_shown_once_although_two_kinds_have_it(book: Phrasebook) -> None:
    kinds = ("crisis_line", "child_helpline")
    numbers = [s.number for s in book.responses.countries["tz"].services if s.kind in kinds]
    assert numbers.count("116") == 2
    (message,) = book.render(Say((Services(kinds, 2),)), Audience("sw", "tz"), NOW)
    assert strip(message.html).count("116") == 1


def test_without_a_child_helpline_a_directory_of_them_is_named(book: Phrasebook) -> None:
    kinds = ("child_helpline", "report_online_crime")
    assert all(s.kind != "child_helpline" for s in book.responses.countries["td"].services)
    (message,) = book.render(Say((Services(kinds, 1),)), Audience("fr", "td"), NOW)
    assert "childhelplineinternational.org" in message.html
    (message,) = book.render(Say((Services(kinds, 1),)), Audience("en", "gh"), NOW)
    assert "childhelplineinternational.org" not in message.html


def test_what_is_too_old_to_be_shown_is_no_service() -> None:
    responses = read_responses(ROOT / "responses", [])
    old = Phrasebook(responses, today=lambda: date(2029, 1, 1))
    assert not old.has_service("cr", "emergency")
    assert Phrasebook(responses, today=NOW.date).has_service("cr", "emergency")


def test_a_helpline_whose_number_stands_above_is_no_reason_for_a_directory(book: Phrasebook) -> None:
    kinds = ("child_protection", "child_helpline")
    (message,) = book.render(Say((Services(kinds, 1),)), Audience("es", "co"), NOW)
    assert message.html.count("<b>141</b>") == 1
    assert "childhelplineinternational.org" not in message.html


def test_an_unsure_page_is_marked_as_a_page(book: Phrasebook) -> None:
    services = book.responses.countries["py"].services
    page = next(s for s in services if s.provenance.confidence == "medium" and not (s.number or s.whatsapp))
    (message,) = book.render(Say((Services((page.kind,), 9),)), Audience("en", "py"), NOW)
    assert "check that the page works" in message.html
