"""Every language of languages.yml has its files, guidance and safety texts; smaller gaps are named.

Who asks in a language and is answered in another may understand nothing, so a missing file, topic or
audience is an error in each of them. A single phrase may fall back, except in the two that others fall back to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.content.model import Texts
from bot.content.required import ALL_KEYS, SAFETY_KEYS
from bot.content.texts import FILES
from bot.core.taxonomy import (
    COUNTRIES,
    DANGER_FLAGS,
    GUIDANCE_TOPICS,
    IMMINENT_DANGER,
    ROLES,
    SELF_HARM,
    topic_of,
)

ALWAYS_COMPLETE = ("es", "en")
"""The other languages fall back to these, so nothing may be missing in them."""

_LOSS_OF_TOPIC = "people who ask about its topics are answered in another language"
_LOSS = {
    "safety": "this language is not offered to people",
    "buttons": "the buttons stand in another language",
    "forbidden": "nobody checks what must not be said in this language",
    "lessons/words": "lessons carry headings in another language",
}
"""What a person or a translator loses with a file."""


def check(library: Library, _: date) -> Iterator[Finding]:
    for texts in library.responses.texts.values():
        yield from _files(texts)
        yield from _language(library, texts)
    for country in COUNTRIES:
        if country not in library.responses.countries:
            yield Finding(
                f"responses/contacts/{country}.yml", 0, "missing-country", "this country is missing"
            )
    for intent in library.taxonomy.guidance:
        if intent not in library.responses.facts:
            message = f"“{intent}” is missing: whom to contact, where answers lead"
            yield Finding("responses/guidance.yml", 0, "missing-intent", message)


def _files(texts: Texts) -> Iterator[Finding]:
    folder = f"responses/{texts.code}"
    if len(texts.missing_files) == len(FILES):
        message = (
            "this language stands in languages.yml and has no files, so it is not offered to people; "
            "put its folder back, or take it out of languages.yml"
        )
        yield Finding(folder, 0, "file-missing", message)
        return
    for name in texts.missing_files:
        message = (
            f"this file is missing, so {_LOSS.get(name, _LOSS_OF_TOPIC)}; put it back, "
            f"or translate it from responses/{_model_of(texts.code)}/{name}.yml"
        )
        yield Finding(f"{folder}/{name}.yml", 0, "file-missing", message)


def _model_of(code: str) -> str:
    return next(item for item in reversed(ALWAYS_COMPLETE) if item != code)


def _language(library: Library, texts: Texts) -> Iterator[Finding]:
    """What is missing inside the files that are there."""
    folder = f"responses/{texts.code}"
    severity = Severity.ERROR if texts.code in ALWAYS_COMPLETE else Severity.WARNING
    for key in sorted(set(texts.phrases) - ALL_KEYS):
        phrase = texts.phrases[key]
        message = f"nobody asks for the text “{key.partition('.')[2]}”; check its spelling or remove it"
        yield Finding(phrase.file, phrase.line, "unused-text", message, Severity.WARNING)
    for key in sorted(ALL_KEYS - set(texts.phrases)):
        file, _, name = key.partition(".")
        file = "lessons/words" if file == "lessons" else file
        if file not in texts.missing_files:
            grave = Severity.ERROR if key in SAFETY_KEYS else severity
            yield Finding(f"{folder}/{file}.yml", 0, "missing-text", f"the text “{name}” is missing", grave)
    yield from _safety(texts)
    yield from _guidance(library, texts)


def _safety(texts: Texts) -> Iterator[Finding]:
    for flag in DANGER_FLAGS:
        if flag not in texts.safety and "safety" not in texts.missing_files:
            message = f"the safety text for “{flag}” is missing, so this language is not offered to people"
            yield Finding(f"responses/{texts.code}/safety.yml", 0, "missing-safety", message)
    yield from _safety_questions(texts)


def _guidance(library: Library, texts: Texts) -> Iterator[Finding]:
    for intent in library.taxonomy.guidance:
        entry = texts.guidance.get(intent)
        file = _file_of(intent)
        if entry is None:
            if file not in texts.missing_files:
                message = f"guidance on “{intent}” is missing"
                yield Finding(f"responses/{texts.code}/{file}.yml", 0, "missing-guidance", message)
            continue
        for role in ROLES:
            if role not in entry.roles:
                message = f"guidance on “{intent}” has no text for {role}"
                yield Finding(entry.file, entry.line, "missing-role", message)


def _file_of(intent: str) -> str:
    topic = topic_of(intent)
    return topic if topic in GUIDANCE_TOPICS else "everyday"


def _safety_questions(texts: Texts) -> Iterator[Finding]:
    for flag in (IMMINENT_DANGER, SELF_HARM):
        entry = texts.safety.get(flag)
        for role, text in entry.roles.items() if entry else ():
            if not text.question:
                message = f"the safety text “{flag}” needs its question for {role}"
                yield Finding(entry.file if entry else "", text.line, "missing-question", message)
