"""`step`: danger before everything else, then buttons and commands, then the intent."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core.dialogue import classroom, control, danger, everyday, flood, follow, guidance, person
from bot.core.dialogue.blocks import MENU, button, say, topic_rows
from bot.core.dialogue.payloads import Payload, parse
from bot.core.dialogue.spelling import is_safe_word
from bot.core.effects import Count, Effect, MarkUnreachable, Release
from bot.core.events import (
    AnyEvent,
    Blocked,
    Commanded,
    InGroup,
    Pressed,
    Said,
    SentMedia,
    Unblocked,
)
from bot.core.helplines import somebody_there
from bot.core.ports import ContentFacts
from bot.core.reading import FlagHit, Reading
from bot.core.state import State
from bot.core.taxonomy import (
    CHILD_USER,
    COUNTRIES,
    DANGER_FLAGS,
    HUMAN_REQUESTED,
    OUT_OF_SCOPE,
    ROLES,
    Priority,
    is_guidance,
)
from bot.core.triage import priority_of

Step = tuple[State, tuple[Effect, ...]]

TRUST_LANGUAGE = 0.6
_SURELY_A_CHILD = 0.8
WORDS_FOR_LANGUAGE = 3
"""A language is taken from a text of at least so many words; one word is often the same in several."""


def step(state: State, event: AnyEvent, content: ContentFacts) -> Step:
    """One turn of the conversation.

    Args:
        state: what is remembered, with the person's newest case and whether staff are at work.
        event: what happened.
        content: what ``responses/`` holds besides words.

    Returns:
        The new state and the effects, in the order in which they are to be carried out.
    """
    match event:
        case Blocked():
            return state, (MarkUnreachable(True),)
        case Unblocked():
            return state, (MarkUnreachable(False),)
        case InGroup():
            return _group(_with_language(state, None, event, content))
    reading = getattr(event, "reading", None)
    state = replace(danger.ended(flood.counted(state, event)), moment=event.at)
    state = _with_language(state, _own_words(event, reading), event, content)
    state = _with_duty(_with_hints(state, _own_words(event, reading)))
    if isinstance(event, Pressed):
        return _pressed(state, event, content)
    if reading is not None:
        return _read(state, event, reading, content)
    if flood.over(state) and not _always_heard(event):
        return state, flood.answer(state, event)
    return _unread(state, event, content)


def _own_words(event: AnyEvent, reading: Reading | None) -> Reading | None:
    """What a text says of its writer; forwarded words are somebody else's."""
    return None if isinstance(event, Said) and event.forwarded else reading


def _always_heard(event: AnyEvent) -> bool:
    return isinstance(event, Commanded) and event.name in ("delete", "exit", "numbers", "person")


def _group(state: State) -> Step:
    """One invitation to write in private, then silence: a group would read along."""
    if state.greeted:
        return state, ()
    return replace(state, greeted=True), (say("group_invite"),)


def _read(state: State, event: AnyEvent, reading: Reading, content: ContentFacts) -> Step:
    """Words of the person: read for danger before anything else, in every state."""
    case = state.case
    if case is None or not case.knocked:
        return _heard(state, event, reading, content)
    danger_now = bool(reading.flag_names & set(DANGER_FLAGS))
    if reading.intent.name == "deny" and not danger_now and not state.contact.never:
        return state, person.knocked(state)
    state, effects = _heard(replace(state, case=replace(case, knocked=False)), event, reading, content)
    return state, (Release(), *effects)


def _heard(state: State, event: AnyEvent, reading: Reading, content: ContentFacts) -> Step:
    first = _danger_first(state, event, reading, content)
    if first is not None:
        return first
    if flood.over(state) and not _always_heard(event):
        return state, flood.answer(state, event)
    return _answered(state, event, reading, content)


def _danger_first(state: State, event: AnyEvent, reading: Reading, content: ContentFacts) -> Step | None:
    intent, flags = _told(reading), reading.flag_names
    if isinstance(event, Said) and event.forwarded:
        flags -= {CHILD_USER, HUMAN_REQUESTED}
    if not _by_child(state, reading):
        flags -= {CHILD_USER}
    priority = priority_of(flags, intent)
    if priority is not None and priority > Priority.ROUTINE:
        hits = tuple(hit for hit in reading.flags if hit.name in flags)
        return danger.opened(state, hits, intent, priority, content)
    if is_safe_word(reading.text, content.safe_word()):
        return danger.numbers(state, content)
    return None


def _told(reading: Reading) -> str:
    """The intent. That somebody writes of own conduct is believed only where it is clear."""
    if reading.intent.name != danger.OWN_BEHAVIOUR or reading.intent.confidence >= follow.SURE:
        return reading.intent.name
    return next((item.name for item in reading.ranking[1:]), OUT_OF_SCOPE)


def _answered(state: State, event: AnyEvent, reading: Reading, content: ContentFacts) -> Step:
    """Words without danger."""
    if isinstance(event, Commanded):
        return _commanded(state, event, content)
    if state.case is not None and state.case.held:
        return state, ()
    if isinstance(event, SentMedia):
        return everyday.media(state, event)
    if danger.in_path(state):
        return _in_path(state, reading, content)
    if isinstance(event, Said) and event.edited and not _worth_answering(state, reading.intent.name):
        return state, ()
    if isinstance(event, Said) and event.forwarded:
        return follow.forwarded(state, reading, content)
    if HUMAN_REQUESTED in reading.flag_names:
        return _person_and_guidance(state, reading, content)
    return everyday.by_intent(state, reading, content)


def _unread(state: State, event: AnyEvent, content: ContentFacts) -> Step:
    """A command without words, or media without a caption."""
    if isinstance(event, Commanded):
        return _commanded(state, event, content)
    if isinstance(event, SentMedia):
        return everyday.media(state, event)
    return state, (say("something_else", buttons=topic_rows()),)


def _worth_answering(state: State, intent: str) -> bool:
    """An edited message is answered where it now asks for something else."""
    return is_guidance(intent) and intent != state.topic


def _in_path(state: State, reading: Reading, content: ContentFacts) -> Step:
    """The turns after a disclosure stay in the safety path; a bare yes or no answers its question."""
    intent = reading.intent.name
    there = everyday.moved(state, reading, content)
    if there is not None:
        return there
    if intent in ("case_status", "privacy", "delete_data", "change_language", "change_country"):
        state, effects = everyday.HANDLERS[intent](state, content)
        return state, danger.without_menu(effects)
    asked = state.path == "urgent" and state.stage == "asked"
    if intent == "human" or (asked and intent == "affirm" and reading.words <= 3):
        return danger.answered(state, "person", content)
    # "No" closes the case, "no sé" must not: only the bare word counts.
    if asked and intent == "deny" and reading.words == 1:
        return danger.answered(state, "wrong", content)
    return danger.later(state)


def _person_and_guidance(state: State, reading: Reading, content: ContentFacts) -> Step:
    intent = reading.intent
    topic = is_guidance(intent.name) and intent.confidence >= everyday.CONFIDENT
    state, effects = person.asked(state, intent.name, content, alone=not topic)
    if topic:
        state, more = guidance.first(state, intent.name, content)
        return state, (*effects, *more)
    return state, effects


_HEARD_BUTTONS = ("safety", "numbers", "ans", "delete", "human", "contact")


def _pressed(state: State, event: Pressed, content: ContentFacts) -> Step:
    payload = parse(event.payload)
    if flood.over(state) and (payload is None or payload.name not in _HEARD_BUTTONS):
        return state, flood.answer(state, event)
    result = None if payload is None else _button(state, payload, content)
    if result is not None:
        return result
    return state, (say("old_button", buttons=((button("numbers", "numbers"), MENU),)),)


def _button(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    """What a button brings; None where it is not, or no longer, one of ours."""
    if payload.name == "safety":
        return _safety_button(state, payload, content)
    if payload.name == "ans":
        return _answer(state, payload, content)
    if payload.name in classroom.NAMES:
        return classroom.pressed(state, payload, content)
    if payload.name == "inform":
        return everyday.inform(state, payload.slots, content)
    if payload.name == "delete":
        return control.delete(state, payload.get("a"))
    if payload.name == "contact":
        return person.contact(state, payload.get("w"), payload.get("s"))
    if payload.name == "helped":
        return person.helped(state, payload.get("a"), content)
    plain = _plain_button(state, payload.name, content)
    return plain if plain is not None else guidance.pressed(state, payload, content)


def _plain_button(state: State, name: str, content: ContentFacts) -> Step | None:
    match name:
        case "numbers":
            return danger.numbers(state, content)
        case "menu":
            return guidance.menu(state)
        case "something_else":
            return follow.something_else(state, content)
        case "contact_when" if state.case is not None and state.case.open:
            return person.ask_when(state)
        case "human" | "privacy" | "help" | "change_language" | "change_country" | "case_status":
            return everyday.HANDLERS[name](state, content)
    return None


def _safety_button(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    """A button under a safety text counts only for its own incident, and while that case is open."""
    case = state.case
    current = case is not None and case.open and payload.get("n") == str(case.incident)
    if not current or payload.get("a") not in ("person", "info", "wrong", "safe", "unsafe"):
        return None
    return danger.answered(state, payload.get("a"), content)


def _answer(state: State, payload: Payload, content: ContentFacts) -> Step | None:
    intent = payload.get("i")
    if not is_guidance(intent) or not guidance.known_intent(intent):
        return None
    target = guidance.answer_target(intent, payload.get("a"), content)
    if target is None:
        return None
    goes, flag = target
    state = replace(state, topic=intent)
    if goes == "danger":
        priority = priority_of({flag}, intent) or Priority.URGENT
        return danger.opened(state, (FlagHit(flag, 1.0),), intent, priority, content)
    if goes == "person":
        return person.asked(state, intent, content)
    if goes == "lessons":
        return classroom.command(state, None, content)
    if goes == "who":
        return guidance.who(state, intent, content)
    other = goes.removeprefix("intent:")
    if other != goes:
        return guidance.first(state, other, content)
    return guidance.part(state, intent, goes if goes in ("more", "say") else "more", content)


_COMMANDS = {
    "help": "help",
    "language": "change_language",
    "country": "change_country",
    "privacy": "privacy",
    "case": "case_status",
    "person": "human",
}


def _commanded(state: State, event: Commanded, content: ContentFacts) -> Step:
    if event.name == "start":
        return _started(state, event.argument, content)
    if event.name == "delete":
        return control.delete(state, "yes")
    if event.name == "exit":
        return control.leave(state)
    if event.name == "tips":
        return classroom.command(state, event.reading, content)
    if event.name == "weekly":
        return classroom.weekly(state, "")
    if event.name == "role":
        return everyday.change_role(state, content)
    if event.name == "numbers":
        return danger.numbers(state, content)
    handler = everyday.HANDLERS.get(_COMMANDS.get(event.name, ""))
    if handler is not None:
        return handler(state, content)
    if danger.in_path(state) and event.name != "menu":
        return danger.later(state)
    return guidance.menu(state)


_CAMPAIGN = re.compile(r"[a-z0-9]{1,24}")


def _started(state: State, argument: str, content: ContentFacts) -> Step:
    """``?start=cr_teacher_school12`` presets country and role. The campaign is counted, and not kept."""
    parts = argument.lower().split("_")
    known = parts[0] in COUNTRIES
    country = parts[0] if known else state.country
    role = next((part for part in parts if part in ROLES), state.role)
    campaign = parts[-1] if known and len(parts) > 1 and parts[-1] not in ROLES else ""
    state, effects = everyday.welcome(replace(state, country=country, role=role), content)
    counted = (Count(f"campaign:{campaign}"),) if _CAMPAIGN.fullmatch(campaign) else ()
    return state, (*counted, *effects)


def _with_language(state: State, reading: Reading | None, event: AnyEvent, content: ContentFacts) -> State:
    """Language from the text itself, then from the client; a language chosen by tap stays."""
    if state.language_chosen and state.language:
        return state
    offered, client = content.offered_languages(), event.client_language
    if reading is not None and reading.language in offered and _trusted(reading):
        return replace(state, language=reading.language)
    if state.language:
        return state
    if reading is not None and reading.words and not client:
        return replace(state, language=content.closest_language(reading.language))
    return replace(state, language=content.closest_language(client))


def _trusted(reading: Reading) -> bool:
    return reading.words >= WORDS_FOR_LANGUAGE and reading.language_confidence >= TRUST_LANGUAGE


def _with_duty(state: State) -> State:
    """Whether somebody is at work where a case of this person would go."""
    if state.at_work is None or state.moment is None:
        return state
    there = somebody_there(state.helplines, state.audience, state.moment, state.at_work)
    return replace(state, on_duty=there)


def _with_hints(state: State, reading: Reading | None) -> State:
    """Country and role as the text gives them away, until the person says otherwise."""
    if reading is None:
        return state
    country = reading.entity("country") or ""
    if not state.country and country in COUNTRIES:
        state = replace(state, country=country)
    if state.role_chosen:
        return state
    role = "child" if _by_child(state, reading) else reading.entity("audience") or ""
    return replace(state, role=role) if role in ROLES else state


def _by_child(state: State, reading: Reading) -> bool:
    """Whether a child writes, as far as can be told.

    "My daughter" is surer than a guess at the writer's age, now or in an earlier message; "my class"
    says a pupil too.
    """
    hit = next((hit for hit in reading.flags if hit.name == CHILD_USER), None)
    if hit is None or reading.entity("audience") == "parent":
        return False
    return hit.confidence >= _SURELY_A_CHILD or state.role not in ("parent", "teacher")
