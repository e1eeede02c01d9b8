"""Everything that is neither guidance nor danger: greetings, settings, privacy, a person, deletion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.core.case import CaseState
from bot.core.dialogue import danger, guidance
from bot.core.dialogue.blocks import (
    MENU,
    PERSON,
    button,
    country_rows,
    language_rows,
    phrase,
    role_row,
    rows,
    say,
    topic_rows,
)
from bot.core.effects import Button, Effect, Forget, Kind, Say
from bot.core.events import Media, SentMedia
from bot.core.ports import ContentFacts
from bot.core.reading import Reading
from bot.core.state import State
from bot.core.taxonomy import COUNTRIES, OUT_OF_SCOPE, is_guidance

Step = tuple[State, tuple[Effect, ...]]
Handler = Callable[[State, ContentFacts], Step]

CONFIDENT = 0.42
"""Below this the bot offers likely topics as buttons instead of guessing."""

MISSES_UNTIL_PERSON = 2


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
    if intent.confidence < CONFIDENT:
        return _unsure(state, reading, content)
    if is_guidance(intent.name):
        return guidance.first(state, intent.name, content)
    handler = HANDLERS.get(intent.name)
    if handler is None:
        return _unsure(state, reading, content)
    if intent.name != OUT_OF_SCOPE:
        state = replace(state, misses=0)
    return handler(state, content)


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
        Media.DOCUMENT: "media_photo",
        Media.VOICE: "media_voice",
    }
    key = kinds.get(event.media, "media_other")
    if danger.in_path(state):
        return state, (say(key, buttons=((button("numbers", "numbers"), PERSON),), kind=Kind.SAFETY),)
    return state, (say(key, buttons=(*topic_rows(), (PERSON,))),)


def case_status(state: State, _: ContentFacts) -> Step:
    case = state.case
    if case is None:
        return state, (say("case_none", buttons=((PERSON, MENU),)),)
    key = "case_closed" if not case.open else "case_claimed" if case.held else "case_waiting"
    params = {"reference": case.reference}
    if key == "case_claimed":
        params["staff"] = case.holder
    return state, (say(phrase(key, **params), buttons=((button("numbers", "numbers"), MENU),)),)


def delete_confirm(state: State, _: ContentFacts) -> Step:
    picks = (button("delete_yes", "delete", a="yes"), button("delete_no", "delete", a="no"))
    return replace(state, awaiting="delete"), (say("delete_confirm", buttons=(picks,)),)


def delete(state: State, answer: str) -> Step:
    """Erase at once. Language and the open case's place stay, so that the person can still be helped."""
    if answer != "yes":
        return replace(state, awaiting=""), (say("delete_kept", buttons=((MENU,),)),)
    case = state.case
    keeps = case is not None and case.open and case.state is not CaseState.CLOSED
    done = (
        phrase("delete_done_open_case", reference=case.reference) if keeps and case else phrase("delete_done")
    )
    bare = State(language=state.language, case=state.case, on_duty=state.on_duty)
    if keeps:
        bare = replace(
            bare, incident=state.incident, path=state.path, path_flag=state.path_flag, stage=state.stage
        )
    return bare, (Forget(), say(done))


def something_else(state: State) -> Step:
    return state, (say("something_else"),)


def change_language(state: State, content: ContentFacts) -> Step:
    return state, (say("language_ask", buttons=language_rows(content.offered_languages())),)


def change_country(state: State, _: ContentFacts) -> Step:
    return state, (say("country_ask", buttons=country_rows(state.language)),)


def change_role(state: State, _: ContentFacts) -> Step:
    return state, (say("role_ask", buttons=(role_row(),)),)


def _unsure(state: State, reading: Reading, content: ContentFacts) -> Step:
    """Two or three likely topics by tap; after two misses a person is offered instead."""
    state = replace(state, misses=state.misses + 1)
    if state.misses >= MISSES_UNTIL_PERSON:
        return state, (say("miss_again", buttons=((button("person_yes", "human"), MENU),)),)
    platform = reading.entity("platform")
    if platform and is_guidance(state.topic) and reading.words <= 4:
        return guidance.platform(state, state.topic, platform, content)
    likely = [item.name for item in reading.ranking if is_guidance(item.name)][:3]
    picks: list[Button] = [button(f"topic:{name}", name) for name in likely]
    return state, (say("unsure", buttons=(*rows(picks, 1), (button("something_else", "something_else"),))),)


def _out_of_scope(state: State, _: ContentFacts) -> Step:
    state = replace(state, misses=state.misses + 1)
    if state.misses >= MISSES_UNTIL_PERSON:
        return state, (say("miss_again", buttons=((button("person_yes", "human"), MENU),)),)
    return state, (say("out_of_scope", buttons=topic_rows()),)


def _greet(state: State, content: ContentFacts) -> Step:
    if not state.greeted:
        return welcome(state, content)
    return state, (say("greet", buttons=topic_rows()),)


def _affirm(state: State, content: ContentFacts) -> Step:
    if state.awaiting == "delete":
        return delete(state, "yes")
    if is_guidance(state.topic):
        return guidance.part(state, state.topic, "more", content)
    return state, (say("affirm_alone", buttons=topic_rows()),)


def _deny(state: State, _: ContentFacts) -> Step:
    if state.awaiting == "delete":
        return delete(state, "no")
    return state, (say("deny_alone", buttons=((PERSON, MENU),)),)


def _plain(key: str, *row: Button) -> Handler:
    def handler(state: State, _: ContentFacts) -> Step:
        message: Say = say(key, buttons=(row,) if row else ())
        return state, (message,)

    return handler


def _human(state: State, content: ContentFacts) -> Step:
    return danger.asked_person(state, state.topic or "human", content)


HANDLERS: dict[str, Handler] = {
    "greet": _greet,
    "help": _plain("help", PERSON, MENU),
    "thanks": _plain("thanks"),
    "goodbye": _plain("goodbye"),
    "privacy": _plain("privacy", button("person", "human"), MENU),
    "human": _human,
    "case_status": case_status,
    "delete_data": delete_confirm,
    "change_language": change_language,
    "change_country": change_country,
    "affirm": _affirm,
    "deny": _deny,
    OUT_OF_SCOPE: _out_of_scope,
}


def _set_country(state: State, code: str, content: ContentFacts) -> Step | None:
    if code == "other":
        return replace(state, country=""), (say("country_unknown", buttons=((PERSON, MENU),)),)
    if code not in COUNTRIES:
        return None
    state = replace(state, country=code)
    if danger.in_path(state):
        return danger.country_known(state, content)
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
