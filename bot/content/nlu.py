"""Reads ``intents/``: the taxonomy, example messages in Rasa's NLU YAML, danger patterns, entities.

Rasa's format: https://legacy-docs-oss.rasa.com/docs/rasa/training-data-format (``version``,
``nlu``, ``intent``, ``examples``, ``metadata``); files written for Rasa are read as they are.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.content import yamlfile
from bot.content.cursor import Cursor
from bot.content.findings import Finding
from bot.content.yamlfile import Items, Table, Text
from bot.core.nlu import EntityForms, Example, FlagRule, TrainingData
from bot.core.taxonomy import FLAGS, LANGUAGES, Taxonomy
from bot.errors import ContentError

_ENTITY_MARK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def read_taxonomy(intents: Path, findings: list[Finding]) -> Taxonomy:
    """``taxonomy.yml``; its flags must be those the rules know."""
    table, problems = yamlfile.read(intents / "taxonomy.yml", "intents/taxonomy.yml")
    findings += problems
    if table is None:
        return Taxonomy({}, {})
    cursor = Cursor("intents/taxonomy.yml", table, findings)
    taxonomy = Taxonomy(
        cursor.table_of_texts("intents", needed=True), cursor.table_of_texts("flags", needed=True)
    )
    if taxonomy.flags and set(taxonomy.flags) != set(FLAGS):
        cursor.note(cursor.line_of("flags"), "flags", f"the flags must be exactly: {', '.join(FLAGS)}")
    return taxonomy


def read_training_data(intents: Path, findings: list[Finding]) -> TrainingData:
    """Every ``.yml`` below ``intents``: examples, flag rules and entity forms."""
    examples: list[Example] = []
    rules: list[FlagRule] = []
    entities: list[EntityForms] = []
    for path in sorted(intents.rglob("*.yml")):
        relative = path.relative_to(intents)
        if relative.as_posix() == "taxonomy.yml":
            continue
        language = relative.parts[0] if relative.parts[0] in LANGUAGES else ""
        table, problems = yamlfile.read(path, f"intents/{relative.as_posix()}")
        findings += problems
        if table is None:
            continue
        cursor = Cursor(f"intents/{relative.as_posix()}", table, findings)
        if cursor.has("rules") and not cursor.has("nlu"):
            rules += _rules(cursor, language)
        elif cursor.has("entities"):
            entities += _entities(cursor, language)
        else:
            _nlu(cursor, language, examples, entities)
    return TrainingData(tuple(examples), tuple(rules), tuple(entities))


def _nlu(cursor: Cursor, language: str, examples: list[Example], entities: list[EntityForms]) -> None:
    cursor.text("version")
    for block in cursor.children("nlu", needed=True):
        if block.has("intent"):
            examples += _examples(block, language)
        elif block.has("synonym"):
            entities.append(_synonym(block, language))
        block.finish(("lookup", "regex", "examples", "metadata", "synonym", "intent"))
    cursor.finish(("version",))


def _examples(block: Cursor, language: str) -> list[Example]:
    intent = block.text("intent", needed=True)
    metadata = block.child("metadata")
    writer = ""
    flags: tuple[str, ...] = ()
    if metadata is not None:
        writer, flags = metadata.text("writer"), metadata.texts("flags")
        metadata.text("review")
        for flag in flags:
            if flag not in FLAGS:
                metadata.note(metadata.line_of("flags"), "unknown-flag", f"“{flag}” is not a flag")
    lines = _lines(block)
    return [Example(text, intent, language, flags, writer, block.file, line) for text, line in lines]


def _synonym(block: Cursor, language: str) -> EntityForms:
    """A synonym block; ``metadata: {entity: platform}`` says of which entity it is a value."""
    metadata = block.child("metadata")
    entity = "" if metadata is None else metadata.text("entity")
    value = block.text("synonym", needed=True)
    return EntityForms(entity, value, tuple(text for text, _ in _lines(block)), language)


def _entities(cursor: Cursor, folder: str) -> list[EntityForms]:
    """``entities:`` entries: an entity, one of its values, and the ways people write it."""
    found = []
    for entry in cursor.children("entities", needed=True):
        entity, value = entry.text("entity", needed=True), entry.text("value", needed=True)
        found.append(EntityForms(entity, value, entry.texts("forms", needed=True), folder))
        entry.finish()
    cursor.text("version")
    cursor.finish(("language", "review"))
    return found


def _lines(block: Cursor) -> list[tuple[str, int]]:
    """The examples of a block with their lines; both of Rasa's forms."""
    value = block.raw("examples")
    if isinstance(value, Items):
        texts = [item.items.get("text") if isinstance(item, Table) else item for item in value]
        return [(_plain(t.value), t.line) for t in texts if isinstance(t, Text) and t.value.strip()]
    if not isinstance(value, Text):
        block.note(block.line, "missing-key", "“examples” is missing here")
        return []
    found = []
    for offset, raw in enumerate(value.value.split("\n"), 1):
        line = raw.strip()
        if not line:
            continue
        if not line.startswith("-"):
            block.note(value.line + offset, "example", "each example is one line that begins with “- ”")
            continue
        found.append((_plain(line[1:]), value.line + offset))
    return found


def _plain(text: str) -> str:
    """The words without Rasa's entity marks."""
    return _ENTITY_MARK.sub(r"\1", text.strip().strip('"')).strip()


def _rules(cursor: Cursor, folder: str) -> list[FlagRule]:
    language = cursor.text("language") or folder
    found = []
    for entry in cursor.children("rules", needed=True):
        rule = FlagRule(
            id=entry.text("id", needed=True),
            flag=entry.text("flag", needed=True, among=FLAGS),
            language=language,
            patterns=entry.texts("any", needed=True),
            unless=entry.texts("unless"),
            fires=entry.texts("fires", needed=True),
            silent=entry.texts("silent"),
            alone=entry.text("alone", among=("yes", "no")) != "no",
            file=entry.file,
            line=entry.line,
        )
        entry.finish(("note",))
        found.append(rule)
    cursor.finish(("review", "version"))
    return found


def read_json_lines(path: Path) -> TrainingData:
    """Examples as JSON lines with ``text`` and ``intent``, perhaps ``lang``, ``flags`` and ``writer``.

    Raises `ContentError` naming the line that cannot be read.
    """
    examples = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name}: cannot be read as UTF-8 text") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            examples.append(_json_example(line, path.name, number))
    return TrainingData(tuple(examples))


def _json_example(line: str, name: str, number: int) -> Example:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ContentError(f"{name}, line {number}: is not JSON") from error
    if not isinstance(value, dict) or not all(isinstance(value.get(k), str) for k in ("text", "intent")):
        raise ContentError(f"{name}, line {number}: needs the texts “text” and “intent”")
    flags = tuple(flag for flag in value.get("flags") or () if isinstance(flag, str))
    language, writer = str(value.get("lang") or ""), str(value.get("writer") or "")
    return Example(value["text"], value["intent"], language, flags, writer, name, number)
