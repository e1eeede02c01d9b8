"""What a message names: platforms, ages, who writes."""

import pytest

from bot.core.nlu import EntityForms
from bot.matching.entities import EntityFinder
from bot.matching.normalise import normalise

FORMS = (
    EntityForms("platform", "whatsapp", ("WhatsApp", "wasap", "guasap")),
    EntityForms("platform", "freefire", ("free fire",)),
    EntityForms("game", "fire", ("fire",)),
    EntityForms("platform", "fire", ("fire",)),
    EntityForms("audience", "teacher", ("mis alumn*",), "es"),
    EntityForms("country", "bo", ("Bolivia", "El Alto"), "es"),
)


def found(text: str) -> list[tuple[str, str, str]]:
    hits = EntityFinder(FORMS).find(normalise(text))
    return [(hit.entity, hit.value, text[hit.start : hit.end]) for hit in hits]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("por WASAP!", [("platform", "whatsapp", "WASAP")]),
        ("por watsapp en bolivya", [("platform", "whatsapp", "watsapp"), ("country", "bo", "bolivya")]),
        ("por whatsap", [("platform", "whatsapp", "whatsap")]),
        ("juega free  fire", [("platform", "freefire", "free  fire"), ("game", "fire", "fire")]),
        ("Mis alumnas de El Alto", [("audience", "teacher", "Mis alumnas"), ("country", "bo", "El Alto")]),
        ("nada", []),
        ("", []),
    ],
)
def test_names(text: str, hits: list[tuple[str, str, str]]) -> None:
    assert found(text) == hits


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("mi hija tiene 12 años", "12"),
        ("mi hijo de 9 juega", "9"),
        ("una niña de trece anos", "13"),
        ("my 12yo son", "12"),
        ("an 18 yr old she texts", "18"),
        ("she is 14", "14"),
        ("she is fourteen years old", "14"),
        ("ma fille de 11 ans", "11"),
        ("mon fils a treize ans", "13"),
        ("ana miaka 12", "12"),
        ("mtoto wa miaka kumi na mbili", "12"),
        ("umwana ufite imyaka 12", "12"),
        ("afite imyaka cumi n'ibiri", "12"),
        ("che memby orekova 12 áño", "12"),
    ],
)
def test_ages_of_children(text: str, age: str) -> None:
    assert [value for kind, value, _ in found(text) if kind == "age"] == [age]


@pytest.mark.parametrize(
    "text",
    [
        "hace 3 años que vivimos acá",
        "we moved 3 years ago",
        "il y a depuis 4 ans",
        "un señor de 45 años",  # no child
        "son las 12",
        "paga 10 soles",
        "tengo 2 hijos",
        "nos vemos un año",
        "miaka 3 iliyopita",
        "0 años",
    ],
)
def test_other_numbers_are_no_ages(text: str) -> None:
    assert [value for kind, value, _ in found(text) if kind == "age"] == []
