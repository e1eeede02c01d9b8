"""Words of several languages that are one feature to the model."""

import pytest

from bot.core.nlu import EntityForms, Example, TrainingData
from bot.matching.concepts import ConceptIndex
from bot.matching.entities import EntityFinder
from bot.matching.matcher import Matcher
from bot.matching.normalise import normalise
from bot.matching.patterns import PatternLayer
from bot.matching.train import train

LISTS = (
    EntityForms("concept", "mock", ("burl*", "se rien de"), "es"),
    EntityForms("concept", "mock", ("*cheka*", "*kejeli"), "sw"),
    EntityForms("concept", "school", ("colegio",), "es"),
    EntityForms("concept", "school", ("ecole",), "fr"),
    EntityForms("concept", "school", ("mboehao",), "gn"),
    EntityForms("concept", "phone", ("iphone",)),
)


def found(text: str, *languages: str) -> list[str]:
    return [name for _, name in ConceptIndex(LISTS).find(normalise(text), languages)]


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("se burlan en el colegio", "es", ["mock", "school"]),
        ("se ríen de mi hija", "es", ["mock"]),
        ("se ríen", "es", []),
        ("walimcheka shuleni", "sw", ["mock"]),  # the stem stands inside the word
        ("anamfanyia kejeli", "sw", ["mock"]),
        ("à l'école", "fr", ["school"]),
        ("che memby mboehaópe, en el colegio", "gn", ["school"]),  # jopara has Spanish words
        ("mboehao ha colegio", "gn", ["school", "school"]),
        ("se burlan", "fr", []),  # a word list is read for its language only
        ("su iphone", "fr", ["phone"]),
    ],
)
def test_finds_concepts(text: str, language: str, names: list[str]) -> None:
    assert found(text, language) == names


def test_all_word_lists_are_read_where_no_language_is_known() -> None:
    assert found("burlas na kejeli") == ["mock", "mock"]


def test_concepts_are_no_entities() -> None:
    assert EntityFinder(LISTS).find(normalise("se burlan en el colegio")) == ()


def test_a_language_borrows_from_another() -> None:
    """Swahili examples show a concept under one intent; the Spanish words for it follow."""
    shared = [("cheka", "mocked"), ("piga", "beaten")]
    lists = tuple(
        EntityForms("concept", name, (form,), language)
        for language, forms in (("sw", ("*cheka*", "*piga*")), ("es", ("burl*", "golp*")))
        for form, (_, name) in zip(forms, shared, strict=True)
    )
    swahili = [
        Example(f"{start}{stem} {end}", intent, "sw")
        for stem, intent in shared
        for start in ("wana", "ali", "wali", "ana")
        for end in ("mtoto", "shuleni", "jana", "darasani")
    ]
    spanish = [
        Example(text, "other", "es") for text in ("qué hora es", "hace calor", "hoy juega la selección")
    ]
    data = TrainingData((*swahili, *spanish), (), lists)
    matcher = Matcher(train(data), PatternLayer(()), lists)
    readings = {text: matcher.read(text).ranking for text in ("se burlan hoy", "la golpean hoy")}
    for text, wanted, other in (
        ("se burlan hoy", "mocked", "beaten"),
        ("la golpean hoy", "beaten", "mocked"),
    ):
        order = [item.name for item in readings[text]]
        assert order.index(wanted) < order.index(other)
