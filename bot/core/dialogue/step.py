"""`step`: danger before everything else, then buttons and commands, then the intent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.core.dialogue import (
    attended,
    classroom,
    control,
    danger,
    everyday,
    flood,
    follow,
    guidance,
    known,
    person,
)
from bot.core.dialogue.blocks import MENU, button, say, topic_rows
from bot.core.dialogue.payloads import Payload, parse
from bot.core.dialogue.spelling import is_bare_no, is_safe_word
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
from bot.core.triage import OWN_BEHAVIOUR, priority_of

Step = tuple[State, tuple[Effect, ...]]


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
            return _group(known.with_language(state, None, event, content))
    reading = getattr(event, "reading", None)
    state = replace(danger.ended(flood.counted(state, event)), moment=event.at)
    state = known.with_language(state, _own_words(event, reading), event, content)
    state = known.with_duty(known.with_hints(state, _own_words(event, reading)))
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
    if state.contact.neutral and not state.contact.never and not reading.flag_names & set(DANGER_FLAGS):
        # Whoever has the phone in hand may ask "who is this?": only a yes opens.
        if reading.intent.name == "deny":
            return state, person.later()
        if reading.intent.name != "affirm":
            return _heard(state, event, reading, content)
    return _released(state, lambda opened: _heard(opened, event, reading, content))


def _released(state: State, then: Callable[[State], Step]) -> Step:
    """What waited for the person goes out, before what is answered now."""
    assert state.case is not None
    state, effects = then(replace(state, case=replace(state.case, knocked=False)))
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
    if not known.by_child(state, reading):
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
    if reading.intent.name != OWN_BEHAVIOUR or reading.intent.confidence >= follow.SURE:
        return reading.intent.name
    return next((item.name for item in reading.ranking[1:]), OUT_OF_SCOPE)


def _answered(state: State, event: AnyEvent, reading: Reading, content: ContentFacts) -> Step:
    """Words without danger."""
    if isinstance(event, Commanded):
        return _commanded(state, event, content)
    if attended.held(state):
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
    # "No" closes the case, "no sé" must not: only the bare word counts, and only next to the question.
    if asked and not state.noted and is_bare_no(reading.text):
        return danger.answered(state, "wrong", content)
    return danger.later(state, asks="?" in reading.text or reading.entity("followup") is not None)


def _person_and_guidance(state: State, reading: Reading, content: ContentFacts) -> Step:
    intent = reading.intent
    topic = is_guidance(intent.name) and intent.confidence >= everyday.CONFIDENT
    state, effects = person.asked(state, intent.name, content, alone=not topic)
    if topic:
        state, more = guidance.first(state, intent.name, content)
        return state, (*effects, *more)
    return state, effects


_HEARD_BUTTONS = ("safety", "numbers", "ans", "delete", "human", "contact", "exit", "knock")


def _pressed(state: State, event: Pressed, content: ContentFacts) -> Step:
    payload = parse(event.payload)
    if payload is not None and payload.name == "knock":
        return _knocked(state, payload)
    if flood.over(state) and (payload is None or payload.name not in _HEARD_BUTTONS):
        return state, flood.answer(state, event)
    result = None if payload is None else _button(state, payload, content)
    if attended.held(state):
        return attended.pressed(state, payload, result, content)
    if result is not None:
        return result
    return state, (say("old_button", buttons=((button("numbers", "numbers"), MENU),)),)


def _knocked(state: State, payload: Payload) -> Step:
    """The answer by tap to the neutral words; without anything behind them it says nothing either."""
    if payload.get("a") != "yes":
        return state, person.later()
    if state.case is None or not state.case.knocked:
        return state, (say("greet"),)
    return _released(state, lambda opened: (opened, ()))


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
        case "exit":
            return control.leave(state)
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
    if not guidance.known_intent(intent):
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
    usual = _command(state, event, content)
    return attended.commanded(state, event.name, usual) if attended.held(state) else usual


def _command(state: State, event: Commanded, content: ContentFacts) -> Step:
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
