"""Every language that has begun is complete, or says what is missing; two must always be complete."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.content.model import Texts
from bot.content.required import ALL_KEYS, SAFETY_KEYS
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


def check(library: Library, _: date) -> Iterator[Finding]:
    for texts in library.responses.texts.values():
        begun = texts.guidance or texts.safety or texts.phrases
        if begun or texts.code in ALWAYS_COMPLETE:
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


def _language(library: Library, texts: Texts) -> Iterator[Finding]:
    folder = f"responses/{texts.code}"
    severity = Severity.ERROR if texts.code in ALWAYS_COMPLETE else Severity.WARNING
    for key in sorted(set(texts.phrases) - ALL_KEYS):
        phrase = texts.phrases[key]
        message = f"nobody asks for the text “{key.partition('.')[2]}”; check its spelling or remove it"
        yield Finding(phrase.file, phrase.line, "unused-text", message, Severity.WARNING)
    for key in sorted(ALL_KEYS - set(texts.phrases)):
        grave = Severity.ERROR if key in SAFETY_KEYS and texts.safety else severity
        file, _, name = key.partition(".")
        file = "lessons/words" if file == "lessons" else file
        yield Finding(f"{folder}/{file}.yml", 0, "missing-text", f"the text “{name}” is missing", grave)
    for flag in DANGER_FLAGS:
        if flag not in texts.safety:
            message = f"the safety text for “{flag}” is missing"
            yield Finding(f"{folder}/safety.yml", 0, "missing-safety", message, severity)
    yield from _safety_questions(texts)
    for intent in library.taxonomy.guidance:
        entry = texts.guidance.get(intent)
        if entry is None:
            message = f"guidance on “{intent}” is missing"
            yield Finding(f"{folder}/{_file_of(intent)}.yml", 0, "missing-guidance", message, severity)
            continue
        for role in ROLES:
            if role not in entry.roles:
                message = f"guidance on “{intent}” has no text for {role}"
                yield Finding(entry.file, entry.line, "missing-role", message, severity)


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
