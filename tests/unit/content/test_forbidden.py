"""What must not be said: read from data, found in words, silent on the sentences that are allowed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.checks import reading
from bot.content.findings import Finding
from bot.content.forbidden import KINDS, Rule, normal
from bot.content.library import read_responses
from bot.content.model import Responses
from bot.core.taxonomy import LANGUAGES
from bot.core.veil import veil
from tests.unit.content.conftest import ROOT, Spoil

RULES = "responses/es/forbidden.yml"
ES, EN = "responses/es/bullying.yml", "responses/en/bullying.yml"
STEP = "    acknowledge: Gracias por escribir."


@pytest.fixture(scope="module")
def responses() -> Responses:
    return read_responses(ROOT / "responses", [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_rule_of_each_kind_with_its_proof(responses: Responses, language: str) -> None:
    rules = responses.texts[language].forbidden
    assert {rule.kind for rule in rules} == set(KINDS)
    for rule in rules:
        assert rule.fires or rule.veiled, rule.id
        assert all(rule.found(sentence) for sentence in rule.fires), rule.id
        assert not any(rule.found(sentence) for sentence in rule.silent), rule.id


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Fue su culpa por darle el celular.", "forbidden-blame"),
        ("Le prometo guardar el secreto.", "forbidden-secrecy"),
        ("Lo arrestarán pronto.", "forbidden-promise"),
        ("Borre ya esos mensajes.", "forbidden-delete_evidence"),
        ("Ya es DEMASIADO tarde.", "forbidden-fear"),
    ],
)
def test_a_forbidden_sentence_is_found_with_its_line(spoil: Spoil, words: str, code: str) -> None:
    found = [item for item in spoil(ES, STEP, f"    acknowledge: {words}") if item.code == code]
    assert [(item.file, item.line > 0) for item in found] == [(ES, True)]


@pytest.mark.parametrize("words", ["No es su culpa.", "No borre los mensajes.", "No puedo prometer secreto."])
def test_an_allowed_sentence_is_not(spoil: Spoil, words: str) -> None:
    codes = {item.code for item in spoil(ES, STEP, f"    acknowledge: {words}")}
    assert not {code for code in codes if code.startswith("forbidden")}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("kind: fear", "kind: terror", "unknown-value"),
        ("parts: [title", "parts: [headline", "unknown-value"),
        ('- "Fue su culpa', '- "Qué lindo día', "rule-proof"),
        ('- "No es su culpa."', '- "Es su culpa."', "rule-proof"),
        ('- "(debio|', '- "((debio|', "pattern"),
        ("kind: method", "kind: fear", "no-rule"),
    ],
)
def test_a_bad_rule_is_found(spoil: Spoil, old: str, new: str, code: str) -> None:
    found = {(item.file, item.code) for item in spoil(RULES, old, new)}
    assert (RULES, code) in found


def test_rules_look_only_where_they_are_meant_to(responses: Responses) -> None:
    (rule,) = [rule for rule in responses.texts["es"].forbidden if rule.kind == "delete_evidence"]
    assert rule.concerns("step", "bullying/victim")
    assert not rule.concerns("avoid", "bullying/victim")
    assert not rule.concerns("step", "privacy")


@settings(deadline=None)  # the first call reads the rules
@given(st.text(max_size=80))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert all(isinstance(rule.found(text), str) for rule in spanish())


@cache
def spanish() -> tuple[Rule, ...]:
    return read_responses(ROOT / "responses", []).texts["es"].forbidden


def test_a_veiled_word_is_found_without_being_spelled_out(spoil: Spoil) -> None:
    readable = spoil(RULES, "  veiled: [", f"  veiled: ['{veil('zanahori*')}', ")
    assert RULES not in {item.file for item in readable}
    codes = {item.code for item in spoil(ES, STEP, "    acknowledge: Coma zanahorias.")}
    assert {code for code in codes if code.startswith("forbidden")} == {"forbidden-method"}


def test_long_sentences_and_long_words_are_found(spoil: Spoil) -> None:
    long = "La " + "muy larga " * 15 + "frase."
    codes = {item.code for item in spoil(ES, STEP, f"    acknowledge: {long}")}
    assert "long-sentence" in codes


def test_ease_falls_with_longer_words_and_sentences() -> None:
    plain = ["Write it down. Tell a friend. Go to the police. Do not pay."] * 6
    hard = [
        "Systematically documenting communications facilitates subsequent administrative investigation."
    ] * 12
    easy, heavy = reading.ease("en", plain), reading.ease("en", hard)
    assert easy is not None
    assert heavy is not None
    assert heavy < 30
    assert easy > 80
    assert reading.ease("en", ["Too short."]) is None


def test_findings_of_the_shipped_rules_are_none() -> None:
    findings: list[Finding] = []
    read_responses(Path(ROOT / "responses"), findings)
    assert findings == []
