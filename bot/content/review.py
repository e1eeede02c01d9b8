"""Whether a text was read by a specialist and a native speaker, and whether it still is the text they read.

A review holds a hash of the words that were read. Words that changed since then count as a draft again,
whoever changed them and by whatever tool.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.content.cursor import Cursor
from bot.content.findings import Severity
from bot.content.yamlfile import Items, Table, Text, Value
from bot.core.taxonomy import LANGUAGES

DRAFT, REVIEWED = "draft", "reviewed"
KEY = "review"
_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Review:
    """``state`` as it counts now: ``draft``, or ``reviewed`` by whom and on which day.

    ``outdated`` is a review of words that have changed since; its state is ``draft``.
    """

    state: str = DRAFT
    by: str = ""
    on: str = ""
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A text that is reviewed as a whole, in one language.

    ``name`` is what `amparo review` calls it; ``line`` is where the table begins that holds its ``review``;
    ``by_language`` says that this ``review`` has one entry for each language.
    """

    name: str
    language: str
    review: Review
    digest: str
    file: str
    line: int
    by_language: bool = False


def digest(value: Value, without: tuple[str, ...] = (KEY,)) -> str:
    """16 hex digits that name the words below a value; quotes, comments and line breaks do not count."""
    plain = json.dumps(_plain(value, without), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:_HASH_DIGITS]


def read_review(entry: Cursor, name: str, language: str, words: Value | None = None) -> Reviewable:
    """The review of a text; ``words`` are what was read, by default everything in the entry."""
    named = digest(entry.table if words is None else words)
    review = _read(entry.child(KEY), named)
    return Reviewable(name, language, review, named, entry.file, entry.line)


def read_reviews(entry: Cursor, name: str, words: Mapping[str, Value]) -> tuple[Reviewable, ...]:
    """The reviews of an entry that holds all languages; ``words`` by language."""
    table = entry.child(KEY)
    found = []
    for language in LANGUAGES:
        if language in words:
            named = digest(words[language])
            review = Review() if table is None else _read(table.child(language), named)
            found.append(Reviewable(name, language, review, named, entry.file, entry.line, True))
    if table is not None:
        table.finish()
    return tuple(found)


def _read(cursor: Cursor | None, named: str) -> Review:
    if cursor is None:
        return Review()
    state = cursor.text("state", needed=True, among=(DRAFT, REVIEWED))
    by, on, sealed = cursor.text("by"), cursor.text("on"), cursor.text("hash")
    cursor.finish()
    if state != REVIEWED:
        return Review()
    if not (by and _is_day(on) and sealed):
        message = (
            "a reviewed text says by whom, on which day and of which words; “amparo review” writes all of it"
        )
        cursor.note(cursor.line, "review", message)
        return Review()
    if sealed != named:
        message = (
            f"these words changed since {by} read them on {on}; have them read again, then “amparo review”"
        )
        cursor.note(cursor.line, "review-outdated", message, Severity.WARNING)
        return Review(DRAFT, by, on, outdated=True)
    return Review(REVIEWED, by, on)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _plain(value: Value, without: tuple[str, ...]) -> object:
    match value:
        case Text():
            return " ".join(value.value.split())
        case Items():
            return [_plain(item, ()) for item in value]
        case Table():
            return {key: _plain(item, ()) for key, item in value.items.items() if key not in without}
