"""Goes through every text that can reach a person, with its place and a name for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.content.lesson_model import FamilySheet, Lesson, card_fields, sheet_fields
from bot.content.model import GuidanceText, Responses, Service, Texts


@dataclass(frozen=True, slots=True)
class Place:
    """A text and where it stands.

    ``key`` names phrases, ``intent`` guidance; ``part`` is one of `forbidden.PARTS`, or ``directory`` for words
    beside facts; ``what`` says it in words.
    """

    language: str
    text: str
    file: str
    line: int
    what: str
    part: str
    key: str = ""
    intent: str = ""


def all_texts(responses: Responses) -> Iterator[Place]:
    """Every text of every language, those beside facts (services, platforms) included."""
    for code, texts in responses.texts.items():
        yield from _guidance(code, texts)
        for safety in texts.safety.values():
            for role, words in safety.roles.items():
                what = f"safety text {safety.flag} for {role}"
                for value in filter(None, (words.acknowledge, *words.steps, words.question)):
                    line = words.lines.get(value, words.line)
                    yield Place(code, value, safety.file, line, what, "safety", intent=safety.flag)
        for key, phrase in texts.phrases.items():
            what = f"phrase {key.partition('.')[2]}"
            for value in phrase.variants.values():
                yield Place(code, value, phrase.file, phrase.line, what, "phrase", key)
    for country in responses.countries.values():
        for service in country.services:
            yield from _service(service)
    for service in responses.worldwide:
        yield from _service(service)
    yield from _platforms(responses)
    for code in responses.lessons:
        yield from _lessons(code, responses)


def _guidance(code: str, texts: Texts) -> Iterator[Place]:
    for entry in texts.guidance.values():
        what = f"title of {entry.intent}"
        yield Place(code, entry.title, entry.file, entry.line, what, "title", intent=entry.intent)
        for role, text in entry.roles.items():
            for part, value in _parts(text):
                what = f"{part} of {entry.intent} for {role}"
                line = text.lines.get(value, text.line)
                yield Place(code, value, entry.file, line, what, part, intent=entry.intent)


def _parts(text: GuidanceText) -> Iterator[tuple[str, str]]:
    yield "acknowledgement", text.acknowledge
    yield "question", text.question
    for name, values in (("step", text.steps), ("more", text.more), ("say", text.say), ("avoid", text.avoid)):
        for value in values:
            yield name, value
    for value in text.answers.values():
        yield "answer", value


def _service(service: Service) -> Iterator[Place]:
    for name, table in (("about", service.about), ("who", service.who_text), ("limits", service.limits)):
        for code, value in table.items():
            what = f"“{name}” of {service.id}"
            yield Place(code, value, service.file, service.line, what, "directory")


def _platforms(responses: Responses) -> Iterator[Place]:
    for platform in responses.platforms.values():
        for action in platform.actions.values():
            what = f"step of {action.action} on {platform.name}"
            for code, steps in action.steps.items():
                for value in steps:
                    yield Place(code, value, platform.file, action.line, what, "directory")


_LESSON_PARTS = {"title": "title", "questions": "question", "say": "say", "do_not": "avoid", "avoid": "avoid"}
"""Fields of cards and sheets that are no steps."""


def _lessons(code: str, responses: Responses) -> Iterator[Place]:
    lessons = responses.lessons[code]
    entries: list[tuple[Lesson | FamilySheet, Iterator[tuple[str, str]]]] = []
    entries += [(card, card_fields(card)) for card in lessons.cards.values()]
    entries += [(sheet, sheet_fields(sheet)) for sheet in lessons.sheets.values()]
    for entry, fields in entries:
        for name, value in fields:
            part = _LESSON_PARTS.get(name, "step")
            line = entry.lines.get(value, 0)
            yield Place(code, value, entry.file, line, f"“{name}”", part, intent=entry.topic)
