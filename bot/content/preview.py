"""Everything a person can be shown on a topic or a danger: the dialogue itself, with no conversation behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.content.lessons import FAMILY
from bot.content.phrasebook import Phrasebook
from bot.core.case import CaseState, CaseView
from bot.core.dialogue import classroom, danger, guidance
from bot.core.effects import Audience, Effect, Message, Say
from bot.core.reading import FlagHit
from bot.core.state import State
from bot.core.taxonomy import DANGER_FLAGS, GUIDANCE_TOPICS, is_guidance
from bot.core.triage import priority_of
from bot.errors import ContentError


@dataclass(frozen=True, slots=True)
class Scene:
    """What the person did, in words for an editor, and the messages that follow."""

    title: str
    messages: tuple[Message, ...]


def topic(book: Phrasebook, intent: str, audience: Audience, now: datetime) -> Iterator[Scene]:
    """The guidance on an intent: first message, each button under it, each platform."""
    state = State(language=audience.language, country=audience.country, role=audience.role)
    yield _scene(book, "the person asks", guidance.first(state, intent, book)[1], audience, now)
    for part in ("more", "say", "avoid"):
        yield _scene(book, f"button: {part}", guidance.part(state, intent, part, book)[1], audience, now)
    yield _scene(book, "button: who", guidance.who(state, intent, book)[1], audience, now)
    actions = book.guidance_facts(intent)["platform"]
    if actions:
        yield _scene(book, "button: platform", guidance.platform(state, intent, "", book)[1], audience, now)
    for name in book.platforms(actions):
        effects = guidance.platform(state, intent, name, book)[1]
        yield _scene(book, f"button: {name}", effects, audience, now)


def safety(book: Phrasebook, flag: str, audience: Audience, now: datetime) -> Iterator[Scene]:
    """The safety path of a flag, with and without staff at work: its messages and each answer under them."""
    for on_duty in (True, False):
        duty = "staff at work" if on_duty else "nobody at work"
        empty = State(
            language=audience.language, country=audience.country, role=audience.role, on_duty=on_duty
        )
        priority = priority_of({flag}, "")
        if priority is None:
            raise ContentError(f"“{flag}” raises no alarm")
        state, effects = danger.opened(empty, (FlagHit(flag, 1.0),), "", priority, book)
        yield _scene(book, f"danger, {duty}", effects, audience, now)
        case = CaseView("A1", CaseState.NEW, priority, frozenset({flag}), state.incident)
        open_case = replace(state, case=case)
        for answer in ("person", "info", "wrong", "safe", "unsafe"):
            effects = danger.answered(open_case, answer, book)[1]
            yield _scene(book, f"answer: {answer}, {duty}", effects, audience, now)
        yield _scene(book, f"writes on, {duty}", danger.later(open_case)[1], audience, now)
        yield _scene(book, f"safe word, {duty}", danger.numbers(open_case, book)[1], audience, now)


def lesson(book: Phrasebook, name: str, audience: Audience, now: datetime) -> Iterator[Scene]:
    """A card with its idea of the week, or a family sheet; ``name`` is that of its file."""
    state = State(language=audience.language, country=audience.country, role=audience.role)
    if name.startswith(FAMILY):
        sheet = classroom.family(state, name.removeprefix(FAMILY))[1]
        yield _scene(book, "the sheet, to be forwarded", sheet, audience, now)
        return
    card = next(card for card in book.lesson_cards(audience.language) if card.id == name)
    yield _scene(book, "the card", classroom.show(state, card)[1], audience, now)
    yield _scene(book, "the idea of the week", (classroom.tip(card),), audience, now)


def lesson_names(book: Phrasebook, language: str) -> tuple[str, ...]:
    """The cards and sheets that can be previewed, as their files are called."""
    cards = (card.id for card in book.lesson_cards(language))
    return (*cards, *(f"{FAMILY}{topic}" for topic in GUIDANCE_TOPICS))


def scenes(book: Phrasebook, name: str, audience: Audience, now: datetime) -> Iterator[Scene]:
    """What is shown on an intent with guidance, on a danger flag, or of a lesson.

    Raises `ContentError` on another name.
    """
    if name in DANGER_FLAGS:
        return safety(book, name, audience, now)
    if is_guidance(name) and name in book.responses.facts:
        return topic(book, name, audience, now)
    lessons = lesson_names(book, audience.language)
    if name in lessons:
        return lesson(book, name, audience, now)
    known = ", ".join((*DANGER_FLAGS, *lessons))
    raise ContentError(f"“{name}” is neither an intent with guidance nor one of: {known}")


def _scene(
    book: Phrasebook, title: str, effects: tuple[Effect, ...], audience: Audience, now: datetime
) -> Scene:
    said = (effect for effect in effects if isinstance(effect, Say))
    return Scene(title, tuple(message for say in said for message in book.render(say, audience, now)))
