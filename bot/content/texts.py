"""Reads a language's texts: guidance, safety texts, phrases and button labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.content import forbidden, yamlfile
from bot.content.cursor import Cursor
from bot.content.findings import Finding
from bot.content.model import GuidanceEntry, GuidanceText, PhraseText, SafetyEntry, SafetyText, Texts
from bot.content.review import Reviewable, read_review
from bot.content.yamlfile import Table, Text
from bot.core.taxonomy import DANGER_FLAGS, ROLES, is_guidance

TOPIC_FILES = ("bullying", "identity_theft", "targeted_marketing", "abuse", "everyday")
FILES = (*TOPIC_FILES, "safety", "buttons", "forbidden", "lessons/words")
"""The files of a language, besides its lesson cards."""


def read_texts(responses: Path, code: str, findings: list[Finding]) -> Texts:
    """All texts of language ``code``; which of `FILES` are missing is noted, and judged by the checks."""
    guidance: dict[str, GuidanceEntry] = {}
    phrases: dict[str, PhraseText] = {}
    reviews: list[Reviewable] = []
    for topic in TOPIC_FILES:
        cursor = _open(responses, code, topic, findings)
        if cursor is None:
            continue
        _guidance(cursor, code, guidance, reviews)
        reviews += _phrases(cursor, code, "phrases", "everyday", phrases)
        cursor.finish()
    safety: dict[str, SafetyEntry] = {}
    cursor = _open(responses, code, "safety", findings)
    if cursor is not None:
        _safety(cursor, code, safety, reviews)
        reviews += _phrases(cursor, code, "phrases", "safety", phrases)
        cursor.finish()
    cursor = _open(responses, code, "buttons", findings)
    if cursor is not None:
        reviews += _phrases(cursor, code, "buttons", "buttons", phrases)
        cursor.finish()
    cursor = _open(responses, code, "lessons/words", findings)
    if cursor is not None:
        reviews += _phrases(cursor, code, "phrases", "lessons", phrases)
        cursor.finish()
    cursor = _open(responses, code, "forbidden", findings)
    rules = () if cursor is None else forbidden.read(cursor)
    missing = tuple(name for name in FILES if not (responses / code / f"{name}.yml").exists())
    return Texts(code, guidance, safety, phrases, tuple(reviews), rules, missing)


def _open(responses: Path, code: str, name: str, findings: list[Finding]) -> Cursor | None:
    path = responses / code / f"{name}.yml"
    if not path.exists():
        return None
    file = f"responses/{code}/{name}.yml"
    table, problems = yamlfile.read(path, file)
    findings += problems
    if table is None:
        return None
    cursor = Cursor(file, table, findings)
    cursor.text("language", needed=True, among=(code,))
    return cursor


def _guidance(cursor: Cursor, code: str, into: dict[str, GuidanceEntry], reviews: list[Reviewable]) -> None:
    for entry in cursor.children("guidance"):
        intent = entry.text("intent", needed=True)
        if intent in into:
            entry.note(entry.line, "twice", f"guidance on “{intent}” stands twice in this language")
        if intent and not is_guidance(intent):
            entry.note(
                entry.line_of("intent"), "unknown-intent", f"“{intent}” is not an intent with guidance"
            )
        title = entry.text("title", needed=True)
        review = read_review(entry, intent, code)
        reviews.append(review)
        roles = {}
        for role in ROLES:
            text = _guidance_text(entry.child(role, needed=role == "parent"))
            if text is not None:
                roles[role] = text
        entry.finish()
        if "parent" in roles:
            into[intent] = GuidanceEntry(intent, title, review.review, roles, entry.file, entry.line)


def _guidance_text(cursor: Cursor | None) -> GuidanceText | None:
    if cursor is None:
        return None
    text = GuidanceText(
        acknowledge=cursor.text("acknowledge", needed=True),
        steps=cursor.texts("steps", needed=True),
        question=cursor.text("question", needed=True),
        answers=cursor.table_of_texts("answers", needed=True),
        more=cursor.texts("more", needed=True),
        say=cursor.texts("say", needed=True),
        avoid=cursor.texts("avoid", needed=True),
        line=cursor.line,
        lines=cursor.lines(),
    )
    cursor.finish()
    return text


def _safety(cursor: Cursor, code: str, into: dict[str, SafetyEntry], reviews: list[Reviewable]) -> None:
    for entry in cursor.children("safety", needed=True):
        flag = entry.text("flag", needed=True, among=DANGER_FLAGS)
        if flag in into:
            entry.note(entry.line, "twice", f"the safety text for “{flag}” stands twice")
        review = read_review(entry, flag, code)
        reviews.append(review)
        roles = {}
        for role in ROLES:
            text = _safety_text(entry.child(role, needed=True))
            if text is not None:
                roles[role] = text
        entry.finish()
        if flag and "parent" in roles:
            into[flag] = SafetyEntry(flag, review.review, roles, entry.file, entry.line)


def _safety_text(cursor: Cursor | None) -> SafetyText | None:
    if cursor is None:
        return None
    text = SafetyText(
        acknowledge=cursor.text("acknowledge", needed=True),
        steps=cursor.texts("steps", needed=True),
        question=cursor.text("question"),
        line=cursor.line,
        lines=cursor.lines(),
    )
    cursor.finish()
    return text


def _phrases(
    cursor: Cursor, code: str, key: str, prefix: str, into: dict[str, PhraseText]
) -> tuple[Reviewable, ...]:
    """The phrases of a file; they are reviewed together, by the ``review`` at the top of the file."""
    child = cursor.child(key)
    if child is None:
        return ()
    for name, value in child.table.items.items():
        variants = _variants(child, name, value)
        full = f"{prefix}.{name}"
        if full in into:
            child.note(value.line, "twice", f"the phrase “{name}” stands twice")
        if variants:
            into[full] = PhraseText(variants, child.file, value.line)
    return (read_review(cursor, prefix, code, child.table),)


def _variants(cursor: Cursor, name: str, value: object) -> Mapping[str, str]:
    if isinstance(value, Text):
        if not value.value.strip():
            cursor.note(value.line, "empty", f"“{name}” is empty; write its text")
            return {}
        return {"default": value.value.strip()}
    if not isinstance(value, Table):
        cursor.note(cursor.line_of(name), "type", f"“{name}” must be a text")
        return {}
    child = Cursor(cursor.file, value, cursor.findings)
    variants = {role: child.text(role) for role in ("default", *ROLES) if child.has(role)}
    child.finish()
    if not variants.get("default"):
        child.note(child.line, "missing-key", f"“{name}” needs a “default” text")
        return {}
    return {role: text for role, text in variants.items() if text}
