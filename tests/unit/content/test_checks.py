"""Each check: one change to the shipped content that it must find, and silence on the content as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.content.checks import run_checks
from bot.content.findings import Severity
from bot.content.library import load
from bot.content.phrasebook import Phrasebook
from bot.core.taxonomy import LANGUAGES
from bot.errors import ContentError
from tests.unit.content.conftest import ROOT, TODAY, Spoil

BUTTONS = "responses/es/buttons.yml"
SAFETY = "responses/es/safety.yml"
EVERYDAY = "responses/es/everyday.yml"
BULLYING = "responses/es/bullying.yml"
FACTS = "responses/guidance.yml"
CR = "responses/contacts/cr.yml"
LANGS = "responses/languages.yml"
SMALL = "intents/es/small.yml"


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        (BUTTONS, "  menu:", "  menus:", "missing-text"),
        (SAFETY, "- flag: violence", "- flag: anger", "unknown-value"),
        (SAFETY, "  safe_word:", "  safe_wort:", "missing-text"),
        (SAFETY, "{safe_word}", "{safeword}", "unknown-placeholder"),
        (EVERYDAY, "{country}", "", "missing-placeholder"),
        (BUTTONS, "  menu: ", "  menu: Este texto es demasiado largo para un botón ", "button-length"),
        (BULLYING, "    acknowledge: ", "    acknowledge: " + "muy largo " * 60, "first-length"),
        (BULLYING, "    acknowledge: ", "    acknowledge: <u>x</u> ", "tags"),
        (BULLYING, "    acknowledge: ", "    acknowledge: <b>x ", "tags"),
        (BULLYING, "    acknowledge: ", "    acknowledge: x&nbsp;y ", "entity"),
        (CR, 'number: "911"', "number: 0911", "number-quotes"),
        (BULLYING, "    acknowledge: ", "    acknowledge: Llame al 1147. ", "number-in-text"),
        (BULLYING, "    acknowledge: ", "    acknowledge: Vea www.ejemplo.org ", "link-in-text"),
        (BULLYING, "  title: ", "  titel: ", "unknown-key"),
        (BULLYING, "  review: {state: draft}", "  review: {state: reviewed}", "review"),
        (BULLYING, "- intent: bullying/victim", "- intent: bullying/victims", "missing-guidance"),
        (FACTS, "goes: more", "goes: nowhere", "unknown-value"),
        (FACTS, "sources: [", "sources: [nobody, ", "unknown-source"),
        (FACTS, "services: []", "services: [nothing]", "unknown-service"),
        (FACTS, "{id: calm,", "{id: calmer,", "answers"),
        (CR, 'number: "911"', 'number: "call us"', "number"),
        (CR, "checked: 2026-11-01", "checked: 01/11/2026", "date"),
        (CR, "checked: 2026-11-01", "checked: 2027-11-01", "date"),
        (CR, "checked: 2026-11-01", "checked: 2025-06-01", "stale"),
        (CR, "checked: 2026-11-01", "checked: 2023-06-01", "not-shown"),
        (CR, "confidence: high", "confidence: low", "not-shown"),
        (CR, "timezone: America/Costa_Rica", "timezone: Costa Rica", "timezone"),
        (CR, "id: cr-child-1147", "id: cr-emergency-911", "twice"),
        (LANGS, "safe_word: amparo", "safe_word: Ayúdame ya", "safe-word"),
        (SMALL, "intent: greet", "intent: greeting", "unknown-intent"),
        (SMALL, "- buenas", "- Hola", "twice"),
        ("intents/taxonomy.yml", "  violence:", "  anger:", "flags"),
    ],
)
def test_a_fault_is_found(spoil: Spoil, file: str, old: str, new: str, code: str) -> None:
    findings = spoil(file, old, new)
    assert code in {finding.code for finding in findings}
    assert all(finding.message and finding.file for finding in findings)


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (BULLYING, "    - Escuche", "    - <u>Escuche</u>", "    - <u>"),
        (BULLYING, "calm: ", "calm: Este texto es demasiado largo, ", "    answers: {threat"),
        (SAFETY, "    - ", "    - <b>", "    - <b>"),
        ("responses/gn/lessons/bullying_6-9.yml", "key_message: ", "key_message: {x} ", "key_message: {x}"),
    ],
)
def test_a_finding_names_the_line_of_the_text(
    spoil: Spoil, tmp_path: Path, file: str, old: str, new: str, line: str
) -> None:
    found = {(finding.file, finding.line) for finding in spoil(file, old, new)}
    lines = (tmp_path / file).read_text("utf-8").splitlines()
    wanted = next(number for number, text in enumerate(lines, 1) if text.startswith(line))
    assert (file, wanted) in found


def test_the_shipped_content_has_no_errors() -> None:
    library = load(ROOT / "intents", ROOT / "responses")
    findings = [*library.findings, *run_checks(library, TODAY)]
    assert [str(f) for f in findings if f.severity is Severity.ERROR] == []


def test_every_language_named_has_its_files_topics_and_audiences(spoil: Spoil, tmp_path: Path) -> None:
    """In each language, not only in the two that others fall back to; with the file and what to do."""
    for name in ("rw/abuse", "rw/safety", "fr/buttons"):
        (tmp_path / f"responses/{name}.yml").unlink()
    shutil.rmtree(tmp_path / "responses/gn")
    sw = tmp_path / "responses/sw/abuse.yml"
    sw.write_text(sw.read_text("utf-8").replace("\n  child:\n", "\n  childs:\n", 1), "utf-8")
    found = spoil("responses/sw/bullying.yml", "- intent: bullying/victim", "- intent: bullying/victims")
    errors = {(f.code, f.file): f.message for f in found if f.severity is Severity.ERROR}
    assert {file for code, file in errors if code == "file-missing"} == {
        *("responses/rw/abuse.yml", "responses/rw/safety.yml", "responses/fr/buttons.yml", "responses/gn"),
    }
    assert "translate it from responses/en/abuse.yml" in errors["file-missing", "responses/rw/abuse.yml"]
    assert "not offered to people" in errors["file-missing", "responses/rw/safety.yml"]
    assert "take it out of languages.yml" in errors["file-missing", "responses/gn"]
    assert "bullying/victim" in errors["missing-guidance", "responses/sw/bullying.yml"]
    assert "for child" in errors["missing-role", "responses/sw/abuse.yml"]


def test_a_language_without_complete_safety_texts_is_not_offered(spoil: Spoil, tmp_path: Path) -> None:
    spoil("responses/en/safety.yml", "  fallback:", "  fallbacks:")
    library = load(tmp_path / "intents", tmp_path / "responses")
    book = Phrasebook(library.responses)
    assert "en" not in book.offered_languages()
    assert book.closest_language("en-GB") in book.offered_languages()


def test_without_any_complete_language_nothing_starts(spoil: Spoil, tmp_path: Path) -> None:
    for code in LANGUAGES:
        (tmp_path / f"responses/{code}/safety.yml").unlink(missing_ok=True)
    with pytest.raises(ContentError, match="no language"):
        Phrasebook(load(tmp_path / "intents", tmp_path / "responses").responses)
