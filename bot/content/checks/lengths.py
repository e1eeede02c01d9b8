"""Lengths: the first message must fit a small screen, a button its row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.content.model import GuidanceEntry, GuidanceText

FIRST_MESSAGE = 700
LONG_PART = 1200
BUTTON = 28
TITLE = 34
STEPS = range(3, 6)


def check(library: Library, _: date) -> Iterator[Finding]:
    for texts in library.responses.texts.values():
        for entry in texts.guidance.values():
            yield from _guidance(entry)
        for key, phrase in texts.phrases.items():
            for text in phrase.variants.values():
                if key.startswith("buttons.") and len(text) > BUTTON:
                    message = f"the button “{text}” has {len(text)} characters; at most {BUTTON}"
                    yield Finding(phrase.file, phrase.line, "button-length", message)
        for safety in texts.safety.values():
            for role, words in safety.roles.items():
                length = len(words.acknowledge) + sum(map(len, words.steps))
                if length > FIRST_MESSAGE:
                    message = f"the safety text {safety.flag} for {role} has {length} characters; shorten it"
                    yield Finding(safety.file, words.line, "safety-length", message)


def _guidance(entry: GuidanceEntry) -> Iterator[Finding]:
    if len(entry.title) > TITLE:
        message = f"the title has {len(entry.title)} characters; at most {TITLE}"
        yield Finding(entry.file, entry.line, "title-length", message)
    for role, text in entry.roles.items():
        where = f"{entry.intent} for {role}"
        length = _first_length(entry.title, text)
        if length > FIRST_MESSAGE:
            message = f"the first message on {where} has {length} characters; at most {FIRST_MESSAGE}"
            yield Finding(entry.file, text.line, "first-length", message)
        if len(text.steps) not in STEPS:
            message = f"the first message on {where} has {len(text.steps)} steps; three to five"
            yield Finding(entry.file, text.line, "steps", message)
        for name, values in (("more", text.more), ("say", text.say), ("avoid", text.avoid)):
            if sum(map(len, values)) > LONG_PART:
                message = f"“{name}” on {where} is long; at most {LONG_PART} characters"
                yield Finding(entry.file, text.line, "part-length", message, Severity.WARNING)
        for label in text.answers.values():
            if len(label) > BUTTON:
                message = f"the answer “{label}” has {len(label)} characters; at most {BUTTON}"
                yield Finding(entry.file, text.lines.get(label, text.line), "button-length", message)


def _first_length(title: str, text: GuidanceText) -> int:
    numbers = 4 * len(text.steps)
    return len(title) + len(text.acknowledge) + sum(map(len, text.steps)) + numbers
