"""Pages for printing: they fit their paper, hold their letters, and never run what stands in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2
import pytest

from bot.content.library import read_responses
from bot.content.phrasebook import Phrasebook
from bot.core.handout import Document, Handout
from bot.core.taxonomy import COUNTRIES
from bot.errors import HandoutError
from bot.handouts.pdf import pdf

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
RESPONSES = read_responses(Path(__file__).parents[3] / "responses", [])
BOOK = Phrasebook(RESPONSES, today=lambda: date(2026, 11, 23))
EVERY = [
    (code, name)
    for code, lessons in RESPONSES.lessons.items()
    for name in (*lessons.cards, *(f"family_{topic}" for topic in lessons.sheets))
]


def page(name: str = "bullying_6-9", language: str = "es", country: str = "cr") -> Handout:
    return BOOK.handout(Document(name, language, country), NOW)


def text_of(data: bytes) -> tuple[int, str]:
    """How many pages, and the words on them in one line."""
    file = pypdfium2.PdfDocument(data)
    try:
        words = " ".join(file[at].get_textpage().get_text_range() for at in range(len(file)))
        return len(file), " ".join(words.split())
    finally:
        file.close()


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_every_page_fits_one_sheet_of_paper(language: str, name: str) -> None:
    """A sheet has two sides; a family sheet must do with one. The country with most to say is the worst case."""
    country = max(COUNTRIES, key=lambda code: len(str(page(name, language, code).help)))
    pages, words = text_of(pdf(page(name, language, country), NOW))
    assert pages <= (1 if name.startswith("family_") else 2)
    assert page(name, language, country).title.split()[0] in words


@pytest.mark.parametrize("country", COUNTRIES)
def test_only_the_countrys_numbers_and_the_day_they_were_checked(country: str) -> None:
    handout = page(country=country)
    numbers = {line.number for line in handout.help}
    known = RESPONSES.countries[country].services
    assert numbers
    assert numbers <= {service.number or service.web for service in known} | {
        service.web for service in RESPONSES.worldwide
    }
    _, words = text_of(pdf(handout, NOW))
    assert handout.help_checked in words
    assert all(number in words for number in numbers)


def test_an_unknown_country_gets_the_worldwide_directories() -> None:
    numbers = [line.number for line in page(country="").help]
    assert numbers[0] == "https://childhelplineinternational.org"
    assert all(number.startswith("https://") for number in numbers)


def test_guarani_letters_are_there() -> None:
    """Typst leaves a gap where a font lacks a letter; g with a tilde is two characters."""
    letters = "g̃ G̃ ã ẽ ĩ õ ũ ỹ ñ Ỹ Ẽ"
    _, words = text_of(pdf(replace(page(), title=letters), NOW))
    assert all(letter in words for letter in letters.split())


@pytest.mark.parametrize(
    "hostile", ['#read("/etc/passwd")', "*bold* _it_ $x$ <b>", '"} #panic()', "\\", "= x"]
)
def test_text_is_never_markup(hostile: str) -> None:
    _, words = text_of(pdf(replace(page(), title=hostile), NOW))
    assert hostile in words


def test_what_fits_no_sheet_is_refused() -> None:
    handout = page()
    with pytest.raises(HandoutError):
        pdf(replace(handout, steps=handout.steps * 40), NOW)


def test_the_same_page_gives_the_same_file() -> None:
    assert pdf(page(), NOW) == pdf(page(), NOW)
