"""Reviews: recorded in the file, kept while the words stay, gone when they change."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.content import review_writer
from bot.content.findings import Finding
from bot.content.library import read_responses
from bot.content.phrasebook import Phrasebook
from bot.content.review import DRAFT, REVIEWED, Reviewable
from bot.errors import ContentError
from tests.unit.content.conftest import ROOT

DAY = date(2026, 11, 20)
NAMES = (
    "bullying/victim",
    "self_harm",
    "safety",
    "everyday",
    "buttons",
    "platforms/whatsapp",
    "contacts/py",
    "services",
)


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "responses", tmp_path / "responses"))


def find(responses: Path, name: str, language: str = "es") -> tuple[Reviewable, list[Finding]]:
    findings: list[Finding] = []
    items = read_responses(responses, findings).reviews()
    (item,) = [item for item in items if (item.name, item.language) == (name, language)]
    return item, findings


@pytest.mark.parametrize("name", NAMES)
def test_a_review_is_recorded_and_nothing_else_changes(responses: Path, name: str) -> None:
    item, _ = find(responses, name)
    path = responses.parent / item.file
    before = path.read_text("utf-8").splitlines()
    review_writer.record(responses, item, 'Office "A": B', DAY)
    after, findings = find(responses, name)
    assert (after.review.state, after.review.by, after.review.on) == (REVIEWED, 'Office "A": B', "2026-11-20")
    assert findings == []
    new = [line for line in path.read_text("utf-8").splitlines() if line not in before]
    assert all("review" in line for line in new)
    assert 1 <= len(new) <= 2


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("bullying/victim", "Escuche con calma.", "Escuche sin prisa."),
        ("platforms/whatsapp", "Baje hasta Reportar", "Vaya hasta Reportar"),
        ("contacts/py", 'es: "Policía"', 'es: "La policía"'),
        ("buttons", "more: Más pasos", "more: Otros pasos"),
    ],
)
def test_changed_words_are_a_draft_again(responses: Path, name: str, old: str, new: str) -> None:
    item, _ = find(responses, name)
    review_writer.record(responses, item, "Ana", DAY)
    path = responses.parent / item.file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    after, findings = find(responses, name)
    assert (after.review.state, after.review.outdated) == (DRAFT, True)
    assert [finding.code for finding in findings] == ["review-outdated"]
    again = after
    review_writer.record(responses, again, "Ana", DAY)
    assert find(responses, name)[0].review.state == REVIEWED


def test_languages_are_reviewed_apart(responses: Path) -> None:
    for language in ("en", "es"):
        review_writer.record(responses, find(responses, "platforms/whatsapp", language)[0], "Ana", DAY)
    assert [find(responses, "platforms/whatsapp", code)[0].review.state for code in ("es", "en")] == [
        REVIEWED
    ] * 2
    path = responses / "platforms.yml"
    path.write_text(path.read_text("utf-8").replace("Open the chat", "Open that chat"), "utf-8")
    states = {code: find(responses, "platforms/whatsapp", code)[0].review.state for code in ("es", "en")}
    assert states == {"es": REVIEWED, "en": DRAFT}


def test_other_quotes_line_breaks_and_comments_keep_the_review(responses: Path) -> None:
    item, _ = find(responses, "everyday", "en")
    path = responses.parent / item.file
    review_writer.record(responses, item, "Ana", DAY)
    text = path.read_text("utf-8").replace("phrases:", "# seen by Ana\nphrases:", 1)
    path.write_text(text.replace('greet: "Hello.', 'greet: "Hello.  '), "utf-8")
    assert yaml.safe_load(path.read_text("utf-8"))
    assert find(responses, "everyday", "en")[0].review.state == REVIEWED


@pytest.mark.parametrize("by", ["", "  ", "x" * 200])
def test_a_reviewer_has_a_name(responses: Path, by: str) -> None:
    item, _ = find(responses, "self_harm")
    before = (responses.parent / item.file).read_bytes()
    with pytest.raises(ContentError, match="who read it"):
        review_writer.record(responses, item, by, DAY)
    assert (responses.parent / item.file).read_bytes() == before


def test_a_language_is_a_draft_until_every_text_of_it_was_read(responses: Path) -> None:
    texts = read_responses(responses, []).texts["en"]
    assert Phrasebook(read_responses(responses, [])).draft("en")
    for item in sorted(texts.reviews, key=lambda item: -item.line):
        review_writer.record(responses, item, "Ana", DAY)
    book = Phrasebook(read_responses(responses, []))
    assert not book.draft("en")
    assert book.draft("es")
