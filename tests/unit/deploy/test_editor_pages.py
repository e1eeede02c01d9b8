"""The examples shown to editors are read by the program as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.content.facts import read_countries
from bot.content.findings import Finding
from bot.content.nlu import read_training_data
from bot.content.texts import read_texts
from bot.core.taxonomy import GUIDANCE_TOPICS, LANGUAGES
from bot.matching.patterns import check_rules

ROOT = Path(__file__).parents[3]


def block(page: str, beginning: str) -> str:
    """The one block of code of a page in which a line begins so."""
    blocks = re.findall(r"^```\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if f"\n{beginning}" in f"\n{text}")
    return str(found)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder


def test_messages(tmp_path: Path) -> None:
    findings: list[Finding] = []
    write(tmp_path, "en/bullying.yml", block("intents/README.md", "nlu:"))
    examples = read_training_data(tmp_path, findings).examples
    assert findings == []
    assert {(e.intent, e.language) for e in examples} == {("bullying/victim", "en")}
    assert len(examples) == 2


def test_signs_of_danger(tmp_path: Path) -> None:
    findings: list[Finding] = []
    write(tmp_path, "en/flags.yml", block("intents/README.md", "rules:"))
    rules = read_training_data(tmp_path, findings).rules
    assert findings == []
    assert len(rules) == 1
    assert check_rules(rules) == []
    assert rules[0].fires
    assert rules[0].silent


def test_guidance(tmp_path: Path) -> None:
    findings: list[Finding] = []
    write(tmp_path, "en/bullying.yml", block("responses/README.md", "guidance:"))
    texts = read_texts(tmp_path, "en", findings)
    assert findings == []
    assert set(texts.guidance) == {"bullying/victim"}


def test_service(tmp_path: Path) -> None:
    findings: list[Finding] = []
    head = 'country: cr\nname: {es: "Costa Rica"}\nlanguages: [es]\ntimezone: America/Costa_Rica\nservices:\n'
    write(tmp_path, "contacts/cr.yml", head + block("responses/README.md", "- id: xx-child-1"))
    (service,) = read_countries(tmp_path, findings)["cr"].services
    assert [f for f in findings if f.file == "responses/contacts/cr.yml"] == []
    assert service.kind == "child_helpline"


@pytest.mark.parametrize("folder", ["intents", "responses"])
def test_every_file_stands_on_its_page(folder: str) -> None:
    """Files of a language by their name; the five topics are named together as "bullying.yml and so on"."""
    page = (ROOT / folder / "README.md").read_text("utf-8")
    topics = {f"{name}.yml" for name in (*GUIDANCE_TOPICS, "everyday")}
    names = set()
    for path in (ROOT / folder).rglob("*.yml"):
        first, *rest = path.relative_to(ROOT / folder).parts
        inside = f"{rest[0]}/" if len(rest) > 1 else "".join(rest)
        names.add(inside if first in LANGUAGES else first)
    assert {name for name in names - topics if name not in page} == set()
