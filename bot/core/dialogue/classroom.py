"""For teachers: lesson cards found by topic, age and minutes, family sheets to forward, a tip a week."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.dialogue.blocks import MENU, button, phrase, rows, say
from bot.core.dialogue.payloads import Payload
from bot.core.effects import Block, Button, Effect, Kind, LessonList, LessonText, Say, Weekly
from bot.core.handout import FAMILY
from bot.core.lessons import AGE_BANDS, CardFacts, band_of
from bot.core.ports import ContentFacts
from bot.core.reading import Reading
from bot.core.state import State
from bot.core.taxonomy import GUIDANCE_TOPICS, topic_of

Step = tuple[State, tuple[Effect, ...]]

INTENT = "classroom_tips"
NAMES = ("tips", "lesson", "family", "weekly")
"""Payloads that are answered here."""

SPARE = 5
"""Minutes by which a lesson may be longer than the time asked for: the teacher knows the bell."""

_MINUTES = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:min\b|mins\b|minut)|(?:dakika|iminota|minota)\s*(\d{1,2})(?!\d)", re.I
)


@dataclass(frozen=True, slots=True)
class Query:
    """What a teacher asked for; empty or 0 where nothing was said."""

    topic: str = ""
    ages: str = ""
    minutes: int = 0

    def __bool__(self) -> bool:
        return bool(self.topic or self.ages or self.minutes)


FOLLOW_WORDS = 8
"""A message of at most so many words after a lesson goes on with lessons: "for form 2", "on scams, 30 minutes"."""


def wanted(state: State, reading: Reading, confident: float) -> bool:
    """Whether a message asks for a lesson: by its intent, or by naming a lesson and a school year.

    Less would not do outside of talk about lessons: "activity on my account" and "he is nine" are no wish for one.
    """
    follows = state.topic == INTENT and reading.words <= FOLLOW_WORDS
    if follows and (reading.entity("grade") or reading.entity("age") or reading.entity("topic")):
        return True
    if reading.intent.name == INTENT:
        return reading.intent.confidence >= confident and bool(query_of(reading))
    return reading.entity("lesson") is not None and reading.entity("grade") is not None


def query_of(reading: Reading) -> Query:
    """Topic, age band and minutes as a message names them."""
    topic = reading.entity("topic") or ""
    if not topic and topic_of(reading.intent.name) in GUIDANCE_TOPICS:
        topic = topic_of(reading.intent.name)
    age = reading.entity("age") or reading.entity("grade") or ""
    found = _MINUTES.search(reading.text)
    minutes = int(found.group(1) or found.group(2)) if found else 0
    return Query(
        topic if topic in GUIDANCE_TOPICS else "", band_of(int(age)) if age.isdecimal() else "", minutes
    )


def command(state: State, reading: Reading | None, content: ContentFacts) -> Step:
    """``/tips``, with or without words behind it."""
    return tips(state, Query() if reading is None else query_of(reading), content)


def tips(state: State, query: Query, content: ContentFacts) -> Step:
    """The cards that fit: one is shown, more are offered by tap; with nothing said, the topic is asked."""
    cards = content.lesson_cards(state.language)
    state = _as_teacher(state)
    if not query:
        return state, (_ask(),)
    fitting = [card for card in cards if _fits(card, query)]
    if len(fitting) == 1:
        return show(state, fitting[0])
    heading = "found" if fitting else "nearest"
    found = fitting or _nearest(cards, query)
    if not found:
        return state, (_ask(),)
    return state, (_choice(heading, found[:8]),)


def show(state: State, card: CardFacts) -> Step:
    """A card as two messages; the first is enough to teach from."""
    documents = (button("lesson_pdf", "lesson", c=card.id, d="pdf"), _family_button(card.topic))
    others = (button("lesson_other", "tips", t=card.topic), MENU)
    more = say(LessonText("more", card.id), buttons=(documents, others, (_told(),)))
    return _as_teacher(state), (say(LessonText("card", card.id)), more)


def family(state: State, topic: str) -> Step:
    """A family sheet as a message of its own, so that it can be forwarded as it is."""
    under = (button("lesson_pdf", "family", t=topic, d="pdf"), button("lesson_other", "tips", t=topic))
    sheet, hint = say(LessonText("sheet", topic)), say(phrase("lessons.sheet_forward"), buttons=(under,))
    return _as_teacher(state), (sheet, hint)


def weekly(state: State, answer: str) -> Step:
    """A tip a week: asked, begun or ended by tap."""
    stop = (button("weekly_stop", "weekly", a="off"), MENU)
    if answer == "on":
        # School hours are those of the country; until it is known they are kept in UTC.
        where = () if state.country else ((button("country", "change_country"),),)
        told = say(phrase("lessons.weekly_on"), buttons=(stop, *where))
        return replace(state, weekly=True), (Weekly(True), told)
    if answer == "off":
        again = (button("weekly_yes", "weekly", a="on"), MENU)
        told = say(phrase("lessons.weekly_off"), buttons=(again,))
        return replace(state, weekly=False), (Weekly(False), told)
    if state.weekly:
        return state, (say(phrase("lessons.weekly_already"), buttons=(stop,)),)
    picks = (button("weekly_yes", "weekly", a="on"), button("weekly_no", "menu"))
    return state, (say(phrase("lessons.weekly_ask"), buttons=(picks,)),)


def tip(card: CardFacts) -> Say:
    """The idea of the week, with the whole lesson and the end of it by tap."""
    whole = button("lesson_whole", "lesson", c=card.id)
    stop = button("weekly_stop", "weekly", a="off")
    return say(LessonText("tip", card.id), buttons=((whole,), (stop,)), kind=Kind.NOTICE)


def pressed(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    """What a button of lessons brings; None where it is not, or no longer, one of ours."""
    match payload.name:
        case "weekly":
            return weekly(state, payload.get("a"))
        case "tips":
            return _pressed_tips(state, payload, content)
        case "lesson":
            return _pressed_card(state, payload, content)
        case "family":
            return _pressed_family(state, payload)
    return None


def _as_teacher(state: State) -> State:
    """Whoever asks for lessons teaches, until the person says otherwise: guidance that follows is a teacher's."""
    return replace(state, topic=INTENT, role=state.role or "teacher", misses=0, awaiting="")


def _pressed_tips(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    topic, ages = payload.get("t"), payload.get("a")
    if topic not in ("", *GUIDANCE_TOPICS) or ages not in ("", *AGE_BANDS):
        return None
    return tips(state, Query(topic, ages), content)


def _pressed_card(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    cards = {card.id: card for card in content.lesson_cards(state.language)}
    card = cards.get(payload.get("c"))
    if card is None:
        return None
    if payload.get("d") != "pdf":
        return show(state, card)
    return state, (_file("pdf_coming", card.id, state),)


def _pressed_family(state: State, payload: Payload) -> Step | None:
    topic = payload.get("t")
    if topic not in GUIDANCE_TOPICS:
        return None
    if payload.get("d") != "pdf":
        return family(state, topic)
    return state, (_file("pdf_sheet_coming", f"{FAMILY}{topic}", state),)


def _file(key: str, name: str, state: State) -> Effect:
    """The file with its caption; with the country unknown, how to get the country's numbers onto it."""
    blocks: list[Block] = [phrase(f"lessons.{key}")]
    row = [MENU]
    if not state.country:
        blocks.append(phrase("lessons.help_choose"))
        row.insert(0, button("country", "change_country"))
    return replace(say(*blocks, buttons=(tuple(row),)), document=name)


def _ask() -> Effect:
    topics = [button(f"topic_{name}", "tips", t=name) for name in GUIDANCE_TOPICS]
    ages = [button(f"ages:{band}", "tips", a=band) for band in AGE_BANDS]
    weekly_row = (button("weekly", "weekly"), _told())
    return say(
        phrase("lessons.ask"),
        phrase("lessons.ask_age"),
        buttons=(*rows(topics, 2), *rows(ages, 2), weekly_row),
    )


def _choice(heading: str, cards: Sequence[CardFacts]) -> Effect:
    names = tuple(card.id for card in cards)
    picks = [button(f"lesson:{name}", "lesson", c=name) for name in names]
    return say(
        phrase(f"lessons.{heading}"),
        LessonList(names),
        buttons=(*rows(picks, 1), (button("lesson_other", "tips"), MENU)),
    )


def _fits(card: CardFacts, query: Query) -> bool:
    return (
        query.topic in ("", card.topic)
        and query.ages in ("", card.ages)
        and (not query.minutes or card.minutes <= query.minutes + SPARE)
    )


def _nearest(cards: Sequence[CardFacts], query: Query) -> list[CardFacts]:
    """Same topic and age whatever the minutes; else the same topic, or the same age."""
    for other in (replace(query, minutes=0), Query(query.topic), Query("", query.ages)):
        found = [card for card in cards if _fits(card, other)] if other else []
        if found:
            return sorted(found, key=lambda card: card.minutes)
    return []


def _family_button(topic: str) -> Button:
    return button("lesson_family", "family", t=topic)


def _told() -> Button:
    """A lesson brings disclosures: the way to what to do then is never further than a tap."""
    return button("lesson_told", "abuse/disclosure")
