"""Lesson cards and family sheets, once read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.content.review import Reviewable
from bot.core.lessons import CardFacts


@dataclass(frozen=True, slots=True)
class LessonStep:
    """One action of a lesson: its minutes, what the teacher does, and perhaps the words to say."""

    minutes: int
    do: str
    say: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson card in one language; the fields are those of the editors' guide."""

    topic: str
    ages: str
    version: str
    reviewed: bool
    minutes: int
    title: str
    goal: str
    group: str
    materials: tuple[str, ...]
    before: tuple[str, ...]
    steps: tuple[LessonStep, ...]
    questions: tuple[str, ...]
    key_message: str
    check: str
    closing: str
    safeguarding: tuple[str, ...]
    do_not: tuple[str, ...]
    big_class: str
    adaptations: tuple[str, ...]
    follow_up: str
    family: str
    tip: str
    sources: tuple[str, ...]
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.topic}_{self.ages}"

    @property
    def facts(self) -> CardFacts:
        return CardFacts(self.id, self.topic, self.ages, self.minutes)


@dataclass(frozen=True, slots=True)
class FamilySheet:
    """A page for families on one topic, to be forwarded as it is."""

    topic: str
    version: str
    reviewed: bool
    title: str
    intro: str
    do: tuple[str, ...]
    say: tuple[str, ...]
    avoid: tuple[str, ...]
    if_it_happens: tuple[str, ...]
    agree: tuple[str, ...]
    closing: str
    sources: tuple[str, ...]
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lessons:
    """All lesson material of one language."""

    cards: Mapping[str, Lesson] = field(default_factory=dict)
    sheets: Mapping[str, FamilySheet] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words that may not stand in ``materials`` (devices) or ``questions`` (own experience)."""
    reviews: tuple[Reviewable, ...] = ()


CARD_TEXTS = (
    "title",
    "goal",
    "group",
    "key_message",
    "check",
    "closing",
    "big_class",
    "follow_up",
    "family",
    "tip",
)
CARD_LISTS = ("materials", "before", "questions", "safeguarding", "do_not", "adaptations")
SHEET_TEXTS = ("title", "intro", "closing")
SHEET_LISTS = ("do", "say", "avoid", "if_it_happens", "agree")


def card_fields(card: Lesson) -> Iterator[tuple[str, str]]:
    """The texts of a card with the names of their fields; ``do`` and ``say`` are those of the steps."""
    yield from _fields(card, CARD_TEXTS, CARD_LISTS)
    for step in card.steps:
        yield "do", step.do
        if step.say:
            yield "say", step.say


def sheet_fields(sheet: FamilySheet) -> Iterator[tuple[str, str]]:
    """The texts of a sheet with the names of their fields."""
    yield from _fields(sheet, SHEET_TEXTS, SHEET_LISTS)


def _fields(
    entry: Lesson | FamilySheet, texts: tuple[str, ...], lists: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for name in texts:
        yield name, getattr(entry, name)
    for name in lists:
        for value in getattr(entry, name):
            yield name, value
