"""The exported project: the schemas that Rasa itself checks with, names both ways, nothing left out."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pykwalify.core import Core

from bot.actions.names import ACTIONS, ANSWER, DELIVERY_INTENT, UNAVAILABLE
from bot.content.library import Library
from bot.core.rasa import from_rasa, payload_from_rasa, payload_to_rasa
from bot.core.taxonomy import LANGUAGES
from bot.errors import SettingsError
from bot.settings import read_settings
from bot.wiring.rasa_export import BUTTONS, PAYLOAD_SLOTS, TYPED, export_project, project

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "tests" / "data" / "rasa"
NLU = [f"data/nlu/{name}.yml" for name in (*LANGUAGES, "entities")]


def rasa_schema(name: str) -> dict[str, Any]:
    """A schema as Rasa puts it together, without the one check that Rasa writes in Python."""
    parts = [yaml.safe_load((SCHEMAS / f"{part}.yml").read_text("utf-8")) for part in (name, "responses")]
    parts[1]["schema;responses"]["mapping"]["regex;(.+)"].pop("func")
    return {**parts[0], **parts[1]}


@pytest.fixture(scope="module")
def files(library: Library) -> Mapping[str, str]:
    return project(library, "http://actions:5055/webhook", with_token=True)


@pytest.fixture(scope="module")
def read(files: Mapping[str, str]) -> Mapping[str, Any]:
    return {name: yaml.safe_load(text) for name, text in files.items()}


def test_the_files_are_those_of_a_rasa_project(files: Mapping[str, str]) -> None:
    plain = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "credentials.telegram.yml")
    assert set(files) == {*plain, "data/rules.yml", *NLU}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("domain.yml", "domain"),
        ("config.yml", "model_config"),
        ("data/rules.yml", "stories"),
        *((name, "nlu") for name in NLU),
    ],
)
def test_rasas_own_schema_takes_the_file(read: Mapping[str, Any], name: str, schema: str) -> None:
    Core(source_data=read[name], schema_data=rasa_schema(schema)).validate(raise_exception=True)


def test_rasas_own_schema_refuses_what_is_wrong(read: Mapping[str, Any]) -> None:
    broken = {**read["domain.yml"], "slots": {"amparo_case": {"mappings": []}}}
    with pytest.raises(Exception, match="type"):
        Core(source_data=broken, schema_data=rasa_schema("domain")).validate(raise_exception=True)


def test_every_intent_is_there_under_a_name_that_leads_back(
    read: Mapping[str, Any], library: Library
) -> None:
    names = [name for item in read["domain.yml"]["intents"] for name in item]
    assert not [name for name, count in Counter(names).items() if count > 1]
    assert {from_rasa(name) for name in names} >= set(library.taxonomy.intents)
    assert not [name for name in names if "/" in name]


def test_every_example_of_every_language_is_there(read: Mapping[str, Any], library: Library) -> None:
    for language in LANGUAGES:
        own = {e.intent for e in library.training.examples if e.language == language}
        items = read[f"data/nlu/{language}.yml"]["nlu"]
        assert {from_rasa(item["intent"]) for item in items} == own
    told = sum(
        item["examples"].count("\n") for code in LANGUAGES for item in read[f"data/nlu/{code}.yml"]["nlu"]
    )
    wanted = {" ".join(e.text.split()) for e in library.training.examples if not e.text.startswith("/")}
    assert told > 0.99 * len(wanted)


def test_every_intent_leads_to_the_dialogue_and_then_to_the_safety_text(read: Mapping[str, Any]) -> None:
    intents = {name for item in read["domain.yml"]["intents"] for name in item} - {DELIVERY_INTENT}
    steps = {rule["steps"][0]["intent"]: rule["steps"][1:] for rule in read["data/rules.yml"]["rules"]}
    assert intents <= set(steps)
    assert all(steps[name] == [{"action": ANSWER}, {"action": UNAVAILABLE}] for name in intents)
    used = {step["action"] for rule in steps.values() for step in rule}
    assert used <= {*ACTIONS, *read["domain.yml"]["responses"]}


def test_buttons_and_commands_are_known_to_the_domain(library: Library) -> None:
    """Read off the dialogue's source: a new button must be named in the export too."""
    names, slots = set[str](), set[str]()
    for path in (ROOT / "bot" / "core" / "dialogue").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button":
                slots |= {keyword.arg for keyword in node.keywords if keyword.arg}
                if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                    names.add(str(node.args[1].value))
    known = {*BUTTONS, *TYPED, *library.taxonomy.intents}
    assert names - known == set(), "add these to BUTTONS in bot/wiring/rasa_export.py"
    assert slots - {*PAYLOAD_SLOTS} == set(), "add these to PAYLOAD_SLOTS in bot/wiring/rasa_export.py"


@pytest.mark.parametrize("payload", ["/bullying/victim", '/ans{"i":"bullying/victim","a":"calm"}', "/menu"])
def test_payloads_map_both_ways(payload: str) -> None:
    assert payload_from_rasa(payload_to_rasa(payload)) == payload
    assert "/" not in payload_to_rasa(payload)[1:].partition("{")[0]


def test_the_token_is_taken_from_rasas_environment_and_never_written(files: Mapping[str, str]) -> None:
    assert "${AMPARO_ACTIONS_TOKEN}" in files["endpoints.yml"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SettingsError, match="folder"):
        export_project(read_settings(), tmp_path / "file" / "project", "http://localhost:5055/webhook")
