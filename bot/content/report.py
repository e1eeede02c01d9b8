"""Overviews for editors: languages side by side, what has grown old, how far reviews have come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bot.content.directory import SHOWN_FOR, STALE_AFTER
from bot.content.lesson_model import CARD_LISTS, CARD_TEXTS, SHEET_LISTS, SHEET_TEXTS, Lesson, Lessons
from bot.content.lessons import FAMILY
from bot.content.model import GuidanceText, Provenance, Responses, Texts
from bot.content.review import REVIEWED
from bot.core.lessons import AGE_BANDS
from bot.core.taxonomy import GUIDANCE_SINGLES, GUIDANCE_TOPICS, ROLES, topic_of
from bot.errors import ContentError

PHRASE_FILES = ("everyday", "safety", "buttons", "lessons")
CARDS = tuple(f"{topic}_{ages}" for topic in GUIDANCE_TOPICS for ages in AGE_BANDS)
SHEETS = tuple(f"{FAMILY}{topic}" for topic in GUIDANCE_TOPICS)
TABLES = (*GUIDANCE_TOPICS, *GUIDANCE_SINGLES, *PHRASE_FILES, *CARDS, *SHEETS)


@dataclass(frozen=True, slots=True)
class Row:
    """One text in every language that was asked for; empty where a language lacks it."""

    name: str
    texts: tuple[str, ...]


def side_by_side(responses: Responses, topic: str, languages: Sequence[str]) -> list[Row]:
    """The texts of a topic, of ``safety``, ``everyday``, ``buttons`` or ``lessons`` (the words around them), of a
    card (``bullying_6-9``) or a sheet (``family_bullying``); a column for each language.

    Raises `ContentError` on an unknown topic or language.
    """
    unknown = [code for code in languages if code not in responses.texts]
    if topic not in TABLES or unknown:
        what = f"the language “{unknown[0]}”" if unknown else f"the topic “{topic}”"
        raise ContentError(f"{what} is not known; topics: {', '.join(TABLES)}")
    if topic in (*CARDS, *SHEETS):
        columns = [dict(_lesson_cells(responses.lessons.get(code, Lessons()), topic)) for code in languages]
    else:
        columns = [dict(_cells(responses.texts[code], topic)) for code in languages]
    names = dict.fromkeys(name for column in columns for name in column)
    return [Row(name, tuple(column.get(name, "") for column in columns)) for name in names]


def _cells(texts: Texts, topic: str) -> Iterator[tuple[str, str]]:
    for intent, entry in texts.guidance.items():
        if topic_of(intent) == topic:
            yield f"{intent} · title", entry.title
            for role, text in entry.roles.items():
                for part, words in _parts(text):
                    yield f"{intent} · {role} · {part}", words
    if topic == "safety":
        for flag, safety in texts.safety.items():
            for role, wording in safety.roles.items():
                yield f"{flag} · {role} · acknowledge", wording.acknowledge
                yield f"{flag} · {role} · steps", _listed(wording.steps)
                yield f"{flag} · {role} · question", wording.question
    if topic in PHRASE_FILES:
        for key, phrase in texts.phrases.items():
            file, _, name = key.partition(".")
            for role, words in phrase.variants.items() if file == topic else ():
                yield (name if role == "default" else f"{name} · {role}"), words


def _lesson_cells(lessons: Lessons, name: str) -> Iterator[tuple[str, str]]:
    entry = lessons.cards.get(name) or lessons.sheets.get(name.removeprefix(FAMILY))
    if entry is None:
        return
    card = isinstance(entry, Lesson)
    for field in CARD_TEXTS if card else SHEET_TEXTS:
        yield field, getattr(entry, field)
    for field in CARD_LISTS if card else SHEET_LISTS:
        yield field, _listed(getattr(entry, field))
    for at, step in enumerate(entry.steps if isinstance(entry, Lesson) else (), 1):
        yield f"step {at} · minutes", str(step.minutes)
        yield f"step {at} · do", step.do
        yield f"step {at} · say", step.say


def _parts(text: GuidanceText) -> Iterator[tuple[str, str]]:
    yield "acknowledge", text.acknowledge
    yield "steps", _listed(text.steps)
    yield "question", text.question
    yield "answers", _listed(tuple(text.answers.values()))
    yield "more", _listed(text.more)
    yield "say", _listed(text.say)
    yield "avoid", _listed(text.avoid)


def _listed(items: tuple[str, ...]) -> str:
    return "\n".join(f"• {item}" for item in items)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with a date: where it stands, how old it is, whether it is still shown."""

    name: str
    file: str
    line: int
    checked: date | None
    days: int
    shown: bool

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "checked": str(self.checked or "")}


def stale(responses: Responses, today: date) -> list[Fact]:
    """The facts that were not checked for 12 months, oldest first; ``shown`` is false after 24."""
    found = [_aged(*item, today) for item in _facts(responses)]
    old = [item for item in found if item.days > STALE_AFTER.days]
    return sorted(old, key=lambda item: (-item.days, item.file, item.line))


def next_stale(responses: Responses, today: date) -> date | None:
    """The day on which the first fact that is fresh today becomes stale."""
    days = [facts.checked + STALE_AFTER for *_, facts in _facts(responses) if facts.checked is not None]
    return min((day for day in days if day >= today), default=None)


def _facts(responses: Responses) -> Iterator[tuple[str, str, int, Provenance]]:
    for country in responses.countries.values():
        for service in country.services:
            yield service.id, service.file, service.line, service.provenance
    for service in responses.worldwide:
        yield service.id, service.file, service.line, service.provenance
    for platform in responses.platforms.values():
        for action in platform.actions.values():
            yield f"{platform.id} {action.action}", platform.file, action.line, action.provenance


def _aged(name: str, file: str, line: int, facts: Provenance, today: date) -> Fact:
    if facts.checked is None:
        return Fact(name, file, line, None, SHOWN_FOR.days + 1, False)
    days = (today - facts.checked).days
    return Fact(name, file, line, facts.checked, days, days <= SHOWN_FOR.days)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a language is: entries, texts for each audience, and what of it was read by a reviewer."""

    language: str
    name: str
    offered: bool
    guidance: int
    safety: int
    phrases: int
    platform_steps: int
    audiences: dict[str, int]
    cards: int
    sheets: int
    draft: int
    reviewed: int
    outdated: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def progress(responses: Responses, offered: Sequence[str]) -> list[Progress]:
    """A row for each language."""
    return [
        _progress(responses, item.code, item.name, item.code in offered)
        for item in responses.languages
        if item.code in responses.texts
    ]


def _progress(responses: Responses, code: str, name: str, offered: bool) -> Progress:
    texts = responses.texts[code]
    roles = [entry.roles.keys() for entry in texts.guidance.values()]
    roles += [entry.roles.keys() for entry in texts.safety.values()]
    lessons = responses.lessons.get(code)
    reviews = [item for item in responses.reviews() if item.language == code]
    states = Counter(item.review.state for item in reviews)
    actions = [action for item in responses.platforms.values() for action in item.actions.values()]
    return Progress(
        language=code,
        name=name,
        offered=offered,
        guidance=len(texts.guidance),
        safety=len(texts.safety),
        phrases=len(texts.phrases),
        platform_steps=sum(bool(action.steps.get(code)) for action in actions),
        audiences={role: sum(role in found for found in roles) for role in ROLES},
        cards=0 if lessons is None else len(lessons.cards),
        sheets=0 if lessons is None else len(lessons.sheets),
        draft=len(reviews) - states[REVIEWED],
        reviewed=states[REVIEWED],
        outdated=sum(item.review.outdated for item in reviews),
    )


def markdown(rows: Sequence[Progress]) -> str:
    """How far each language is, as the table that stands in ``responses/README.md``."""
    measures = {
        "topics with guidance": [str(row.guidance) for row in rows],
        "dangers with a safety text": [str(row.safety) for row in rows],
        **{f"texts for a {role}": [str(row.audiences[role]) for row in rows] for role in ROLES},
        "lesson cards": [str(row.cards) for row in rows],
        "family sheets": [str(row.sheets) for row in rows],
        "offered to people": ["yes" if row.offered else "no" for row in rows],
        "draft: no specialist and native speaker yet": [str(row.draft) for row in rows],
        "reviewed": [str(row.reviewed) for row in rows],
    }
    lines = [["how many", *(row.language for row in rows)], ["---", *("---:" for _ in rows)]]
    lines += [[name, *cells] for name, cells in measures.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
