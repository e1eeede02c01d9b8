"""Everything that is neither guidance nor danger: greetings, settings, privacy, a person, deletion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.core.dialogue import classroom, control, danger, follow, guidance, person
from bot.core.dialogue.blocks import (
    MENU,
    PERSON,
    button,
    country_rows,
    language_rows,
    phrase,
    role_row,
    say,
    topic_rows,
)
from bot.core.effects import Button, CommandList, Effect, Kind, Say
from bot.core.events import Media, SentMedia
from bot.core.ports import ContentFacts
from bot.core.reading import Reading
from bot.core.state import State
from bot.core.taxonomy import COUNTRIES, OUT_OF_SCOPE, is_guidance

Step = tuple[State, tuple[Effect, ...]]
Handler = Callable[[State, ContentFacts], Step]

CONFIDENT = 0.42
"""Below this the bot offers likely topics as buttons instead of guessing."""


def welcome(state: State, content: ContentFacts) -> Step:
    """One screen: who I am, what I can do, what is kept, the safe word; topics and settings by tap."""
    settings = (button("language", "change_language"), button("country", "change_country"))
    buttons = (*topic_rows(), role_row(), settings)
    state = replace(state, greeted=True, misses=0)
    state, notice = guidance.draft_notice(state, content)
    return state, (say("welcome", *notice, buttons=buttons),)


def by_intent(state: State, reading: Reading, content: ContentFacts) -> Step:
    """The answer to a text without danger."""
    intent = reading.intent
    there = moved(state, reading, content)
    if there is not None:
        return there
    if intent.name not in ("affirm", "deny"):
        state = replace(state, awaiting="")
    if classroom.wanted(state, reading, CONFIDENT):
        return classroom.command(state, reading, content)
    added = follow.followed(state, reading, content)
    if added is not None:
        return added
    if reading.also or (is_guidance(intent.name) and intent.confidence >= CONFIDENT):
        return follow.topics(state, reading, content)
    handler = HANDLERS.get(intent.name)
    if handler is None or intent.confidence < CONFIDENT:
        return follow.unsure(state, reading)
    if intent.name != OUT_OF_SCOPE:
        state = replace(state, misses=0)
    return handler(state, content)


def moved(state: State, reading: Reading, content: ContentFacts) -> Step | None:
    """ "Now we are in Panama": the country is taken from the words; None where they name none."""
    code = reading.entity("country") or ""
    if reading.intent.name != "change_country" or reading.intent.confidence < CONFIDENT:
        return None
    return _set_country(state, code, content)


def inform(state: State, slots: dict[str, str], content: ContentFacts) -> Step | None:
    """A slot filled by tap: country, role or language."""
    if "country" in slots:
        return _set_country(state, slots["country"], content)
    if slots.get("role") in ("parent", "teacher", "child"):
        return _set_role(state, slots["role"], content)
    if slots.get("language") in content.offered_languages():
        return _set_language(state, slots["language"], content)
    return None


def media(state: State, event: SentMedia) -> Step:
    """A message that is not text: its own answer; nothing is fetched."""
    kinds = {
        Media.PHOTO: "media_photo",
        Media.VIDEO: "media_photo",
        Media.DOCUMENT: "media_document",
        Media.VOICE: "media_voice",
        Media.STICKER: "media_sticker",
        Media.LOCATION: "media_location",
        Media.CONTACT: "media_contact",
        Media.POLL: "media_poll",
    }
    key = kinds.get(event.media, "media_other")
    if state.case is not None and state.case.held:
        return state, (say(key),)
    if event.media is Media.LOCATION and not state.country and not danger.in_path(state):
        return state, (say(key, buttons=country_rows(state.language)),)
    if danger.in_path(state):
        return state, (say(key, buttons=((button("numbers", "numbers"), PERSON),), kind=Kind.SAFETY),)
    return state, (say(key, buttons=(*topic_rows(), (PERSON,))),)


def change_language(state: State, content: ContentFacts) -> Step:
    return state, (say("language_ask", buttons=language_rows(content.offered_languages())),)


def change_country(state: State, _: ContentFacts) -> Step:
    return state, (say("country_ask", buttons=country_rows(state.language)),)


def change_role(state: State, _: ContentFacts) -> Step:
    return state, (say("role_ask", buttons=(role_row(),)),)


def _greet(state: State, content: ContentFacts) -> Step:
    if not state.greeted:
        return welcome(state, content)
    return state, (say("greet", buttons=topic_rows()),)


def _affirm(state: State, content: ContentFacts) -> Step:
    if state.awaiting == "delete":
        return control.delete(state, "yes")
    if state.awaiting == "helped":
        return person.helped(state, "yes", content)
    if is_guidance(state.topic):
        return guidance.part(state, state.topic, "more", content)
    return state, (say("affirm_alone", buttons=topic_rows()),)


def _deny(state: State, content: ContentFacts) -> Step:
    if state.awaiting == "delete":
        return control.delete(state, "no")
    if state.awaiting == "helped":
        return person.helped(state, "no", content)
    return state, (say("deny_alone", buttons=((PERSON, MENU),)),)


def _plain(key: str, *row: Button) -> Handler:
    def handler(state: State, _: ContentFacts) -> Step:
        message: Say = say(key, buttons=(row,) if row else ())
        return state, (message,)

    return handler


def _human(state: State, content: ContentFacts) -> Step:
    return person.asked(state, state.topic or "human", content)


def _help(state: State, _: ContentFacts) -> Step:
    return state, (say("help", CommandList(), buttons=((PERSON, MENU),)),)


def _closing(key: str) -> Handler:
    """Thanks or goodbye: answered, and once a topic asked whether it helped."""

    def handler(state: State, _: ContentFacts) -> Step:
        state, question = person.ask_helped(state)
        return state, (say(key), *question)

    return handler


HANDLERS: dict[str, Handler] = {
    "greet": _greet,
    "help": _help,
    "thanks": _closing("thanks"),
    "goodbye": _closing("goodbye"),
    "privacy": _plain("privacy", button("person", "human"), MENU),
    "human": _human,
    "case_status": control.case_status,
    "delete_data": control.delete_confirm,
    "change_language": change_language,
    "change_country": change_country,
    "affirm": _affirm,
    "deny": _deny,
    OUT_OF_SCOPE: follow.out_of_scope,
}


def _set_country(state: State, code: str, content: ContentFacts) -> Step | None:
    if code == "other":
        return replace(state, country=""), (say("country_unknown", buttons=((PERSON, MENU),)),)
    if code not in COUNTRIES:
        return None
    waited = state.awaiting == "contact"
    state = replace(state, country=code, awaiting="" if waited else state.awaiting)
    if danger.in_path(state):
        state, effects = danger.country_known(state, content)
        return state, (*effects, person.ask_how()) if waited else effects
    name = phrase("country_set", country=f"country:{code}")
    if is_guidance(state.topic):
        state, more = guidance.who(state, state.topic, content)
        return state, (say(name), *more)
    return state, (say(name, buttons=topic_rows()),)


def _set_role(state: State, role: str, content: ContentFacts) -> Step:
    state = replace(state, role=role, role_chosen=True)
    if is_guidance(state.topic) and not danger.in_path(state):
        return guidance.first(state, state.topic, content)
    return state, (say(f"role_{role}", buttons=topic_rows()),)


def _set_language(state: State, code: str, content: ContentFacts) -> Step:
    state = replace(state, language=code, language_chosen=True)
    name = phrase("language_set", language=f"language:{code}")
    if danger.in_path(state):
        state, more = danger.numbers(state, content)
        return state, (say(name), *more)
    if is_guidance(state.topic):
        return guidance.first(state, state.topic, content)
    if not state.greeted:
        return welcome(state, content)
    return state, (say(name, buttons=topic_rows()),)
