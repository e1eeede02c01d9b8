"""Goes through every text that can reach a person, with its place and a name for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.content.model import GuidanceText, Responses


@dataclass(frozen=True, slots=True)
class Place:
    """A text and where it stands. ``key`` names phrases; ``what`` says it in words."""

    language: str
    text: str
    file: str
    line: int
    what: str
    key: str = ""


def all_texts(responses: Responses) -> Iterator[Place]:
    """Every text of every language."""
    for code, texts in responses.texts.items():
        for entry in texts.guidance.values():
            yield Place(code, entry.title, entry.file, entry.line, f"title of {entry.intent}")
            for role, text in entry.roles.items():
                for name, value in _guidance(text):
                    what = f"{name} of {entry.intent} for {role}"
                    yield Place(code, value, entry.file, text.line, what)
        for safety in texts.safety.values():
            for role, words in safety.roles.items():
                for value in (words.acknowledge, *words.steps, words.question):
                    yield Place(code, value, safety.file, words.line, f"safety text {safety.flag} for {role}")
        for key, phrase in texts.phrases.items():
            for value in phrase.variants.values():
                yield Place(code, value, phrase.file, phrase.line, f"phrase {key.partition('.')[2]}", key)


def _guidance(text: GuidanceText) -> Iterator[tuple[str, str]]:
    yield "acknowledgement", text.acknowledge
    yield "question", text.question
    for name, values in (("step", text.steps), ("more", text.more), ("say", text.say), ("avoid", text.avoid)):
        for value in values:
            yield name, value
    for value in text.answers.values():
        yield "answer", value
