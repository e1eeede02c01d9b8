"""Lessons: complete, teachable in their minutes, short enough for a chat, and never asking for own experience."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from bot.content.checks.complete import ALWAYS_COMPLETE
from bot.content.findings import Finding, Severity
from bot.content.lesson_model import FamilySheet, Lesson, Lessons, card_fields, sheet_fields
from bot.content.library import Library
from bot.core.lessons import AGE_BANDS
from bot.core.taxonomy import GUIDANCE_TOPICS

CARD_LIMITS = {
    **{"title": 32, "goal": 200, "group": 160, "materials": 80, "before": 200, "do": 340, "say": 200},
    **{
        "questions": 130,
        "key_message": 170,
        "check": 200,
        "closing": 220,
        "safeguarding": 250,
        "do_not": 200,
    },
    **{"big_class": 300, "adaptations": 220, "follow_up": 220, "family": 300, "tip": 380},
}
SHEET_LIMITS = {
    **{"title": 60, "intro": 260, "do": 200, "say": 150, "avoid": 170, "if_it_happens": 200, "agree": 150},
    "closing": 200,
}
"""Characters of each text."""

CARD_COUNTS = {
    **{"materials": (1, 4), "before": (1, 3), "steps": (3, 6), "questions": (3, 3), "safeguarding": (2, 4)},
    **{"do_not": (1, 3), "adaptations": (1, 3), "sources": (1, 9)},
}
SHEET_COUNTS = {
    **{"do": (3, 5), "say": (2, 3), "avoid": (2, 3), "if_it_happens": (3, 5), "agree": (2, 4)},
    "sources": (1, 9),
}
"""Fewest and most lines of each list."""

FIRST_MESSAGE, SECOND_MESSAGE, SHEET_MESSAGE = 3400, 2000, 3000
"""Characters of the texts that go into one Telegram message, which holds 4096 with headings and numbers."""
SECOND = ("closing", "do_not", "big_class", "adaptations", "follow_up")
ALONE = ("family", "tip")


def check(library: Library, _: date) -> Iterator[Finding]:
    for code, lessons in library.responses.lessons.items():
        if lessons.cards or lessons.sheets or code in ALWAYS_COMPLETE:
            yield from _complete(code, lessons)
        for card in lessons.cards.values():
            yield from _card(card, lessons)
        for sheet in lessons.sheets.values():
            yield from _sheet(sheet)
        named = [(card.file, card.sources) for card in lessons.cards.values()]
        named += [(sheet.file, sheet.sources) for sheet in lessons.sheets.values()]
        for file, sources in named:
            for source in sources:
                if source not in library.responses.sources:
                    yield Finding(file, 0, "unknown-source", f"“{source}” is not in sources.yml")


def _complete(code: str, lessons: Lessons) -> Iterator[Finding]:
    severity = Severity.ERROR if code in ALWAYS_COMPLETE else Severity.WARNING
    folder = f"responses/{code}/lessons"
    for topic in GUIDANCE_TOPICS:
        for ages in AGE_BANDS:
            if f"{topic}_{ages}" not in lessons.cards:
                message = "this lesson card is missing"
                yield Finding(f"{folder}/{topic}_{ages}.yml", 0, "missing-lesson", message, severity)
        if topic not in lessons.sheets:
            message = "this family sheet is missing"
            yield Finding(f"{folder}/family_{topic}.yml", 0, "missing-sheet", message, severity)
    if not lessons.refused:
        message = "the list of words refused in materials and questions is missing"
        yield Finding(f"{folder}/refused.yml", 0, "missing-refused", message, severity)


def _card(card: Lesson, lessons: Lessons) -> Iterator[Finding]:
    fields = list(card_fields(card))
    yield from _lengths(card, fields, CARD_LIMITS)
    yield from _counts(card, CARD_COUNTS)
    total = sum(step.minutes for step in card.steps)
    if total != card.minutes:
        message = f"the steps take {total} minutes, the lesson {card.minutes}; make both the same"
        yield Finding(card.file, 0, "lesson-minutes", message)
    second = sum(len(text) for name, text in fields if name in SECOND)
    first = sum(len(text) for name, text in fields if name not in SECOND and name not in ALONE)
    for name, length, most in (("first", first, FIRST_MESSAGE), ("second", second, SECOND_MESSAGE)):
        if length > most:
            message = f"the {name} message of the card has {length} characters; at most {most}"
            yield Finding(card.file, 0, "lesson-length", message)
    yield from _refused(card, lessons)


def _refused(card: Lesson, lessons: Lessons) -> Iterator[Finding]:
    """A device among the materials, or a question that asks pupils for what happened to them."""
    for name, words in lessons.refused.items():
        for text in getattr(card, name):
            for word in words:
                if re.search(rf"(?<!\w){re.escape(_plain(word))}(?:s|es)?(?!\w)", _plain(text)):
                    message = f"“{word}” may not stand in “{name}”: {_WHY[name]}"
                    yield Finding(card.file, card.lines.get(text, 0), "lesson-refused", message)


_WHY = {
    "materials": "chalk and paper must be enough",
    "questions": "no question asks a pupil for own experience",
}


def _plain(text: str) -> str:
    """Small letters, one kind of apostrophe; accents stay, because they tell words apart."""
    return unicodedata.normalize("NFC", text.lower()).replace("’", "'")


def _sheet(sheet: FamilySheet) -> Iterator[Finding]:
    fields = list(sheet_fields(sheet))
    yield from _lengths(sheet, fields, SHEET_LIMITS)
    yield from _counts(sheet, SHEET_COUNTS)
    length = sum(len(text) for _, text in fields)
    if length > SHEET_MESSAGE:
        message = f"the sheet has {length} characters; at most {SHEET_MESSAGE}"
        yield Finding(sheet.file, 0, "sheet-length", message)


def _lengths(
    entry: Lesson | FamilySheet, fields: list[tuple[str, str]], limits: dict[str, int]
) -> Iterator[Finding]:
    for name, text in fields:
        if len(text) > limits[name]:
            message = f"“{name}” has {len(text)} characters (“{text[:30]}…”); at most {limits[name]}"
            yield Finding(entry.file, entry.lines.get(text, 0), "lesson-text-length", message)


def _counts(entry: Lesson | FamilySheet, counts: dict[str, tuple[int, int]]) -> Iterator[Finding]:
    for name, (fewest, most) in counts.items():
        found = len(getattr(entry, name))
        if not fewest <= found <= most:
            message = f"“{name}” has {found} lines; between {fewest} and {most}"
            yield Finding(entry.file, 0, "lesson-lines", message)
