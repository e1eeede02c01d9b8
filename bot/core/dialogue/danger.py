"""The safety path: what is said and done when a message shows danger, and until the path is left.

After UNICEF's Safer Chatbots (acknowledge at once, ask back, kind text, referral, safe word) and
the rule that nothing stands between a person in danger and the numbers (NO-GATE).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.core.dialogue import guidance, person
from bot.core.dialogue.blocks import MENU, button, country_rows, duty, phrase, safety, say
from bot.core.dialogue.person import choice
from bot.core.effects import (
    Block,
    ConfirmCase,
    Effect,
    Guidance,
    Kind,
    OpenCase,
    Part,
    RaiseCase,
    Rows,
    Safety,
    SafetyPart,
    Say,
    Services,
)
from bot.core.ports import ContentFacts
from bot.core.reading import FlagHit
from bot.core.state import State
from bot.core.taxonomy import (
    CHILD_USER,
    IMMINENT_DANGER,
    SELF_HARM,
    SEXUAL_HARM,
    VIOLENCE,
    Priority,
    is_guidance,
)
from bot.core.triage import OWN_BEHAVIOUR, SURE, gravest, gravity

Step = tuple[State, tuple[Effect, ...]]

ANY_COUNTRY = "child_helpline_international"
_DIRECTORIES = {SELF_HARM: "find_a_helpline"}
"""Worldwide directories that lead to somebody to talk to, by flag; `ANY_COUNTRY` for the others."""

_HELPLINES = {
    IMMINENT_DANGER: ("child_helpline", "child_protection"),
    SELF_HARM: ("crisis_line", "child_helpline"),
    SEXUAL_HARM: ("child_helpline", "report_online_crime"),
    VIOLENCE: ("child_helpline", "child_protection"),
    "": ("child_helpline",),
}


def opened(
    state: State, hits: Collection[FlagHit], intent: str, priority: Priority, content: ContentFacts
) -> Step:
    """A message showed danger: numbers and steps at once, and a case (one an incident)."""
    raised = frozenset(hit.name for hit in hits)
    held = state.case is not None and state.case.held
    # A doubtful guess does not speak over somebody of the staff, who reads every line and sees the flag.
    spoken = not held or any(hit.confidence >= SURE for hit in hits)
    fresh = spoken and (_is_news(state, raised, priority) or _is_graver(state, hits, intent))
    if not in_path(state):
        state = replace(state, before=state.topic)
    state, effects = _case(state, raised, intent, priority)
    if is_guidance(intent):
        state = replace(state, topic=intent, misses=0, awaiting="")
    state = replace(state, helped=state.topic)  # whether it helped is not asked where there was danger
    if not fresh:
        state, more = _known(state, intent, content)
        return state, (*effects, *more)
    # Who writes about own conduct gets own words; those for a victim would shut the door.
    flag = "" if intent == OWN_BEHAVIOUR else gravest(hits) or state.path_flag
    state = replace(state, path=_path(state, priority), path_flag=flag, stage="asked", noted=False)
    return state, (*effects, *_messages(state, intent, content))


def ended(state: State) -> State:
    """The path is over once its case is closed; a case that a later word brings back does not bring it back."""
    if not state.path or (state.case is not None and state.case.open):
        return state
    return replace(state, path="", stage="")


def in_path(state: State) -> bool:
    """Whether the safety path still holds: its case is open and of this incident."""
    case = state.case
    return bool(state.path) and case is not None and case.open and case.incident == state.incident


def without_menu(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """In the safety path the way to the topics gives place to the numbers (NO-WRONG-FALLBACK)."""
    numbers_button = button("numbers", "numbers")
    changed: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Say):
            rows = (tuple(numbers_button if b == MENU else b for b in row) for row in effect.buttons)
            effect = replace(effect, buttons=tuple(tuple(dict.fromkeys(row)) for row in rows))
        changed.append(effect)
    return tuple(changed)


def later(state: State, *, asks: bool = False) -> Step:
    """A further message in the path, without new danger: kept for the staff, numbers within reach.

    Who ``asks`` something ("did I do wrong?", "what do I do?") gets the kind words and the steps again.
    """
    return replace(state, noted=True), _still(state, _words(state.path_flag, state.topic) if asks else [])


def numbers(state: State, content: ContentFacts) -> Step:
    """The safe word, or the button for it: the numbers again, in any state."""
    flag = state.path_flag
    blocks = [
        safety("safe_word_shown"),
        *_emergency(state, content),
        *_helplines(state, flag),
        safety("not_a_person"),
    ]
    return state, (say(*blocks, buttons=_after_numbers(state), kind=Kind.SAFETY),)


def answered(state: State, answer: str, content: ContentFacts) -> Step:
    """The person chose under a safety text: person, information, wrong, safe or unsafe."""
    match answer:
        case "person":
            return person.wanted(state)
        case "info":
            return _only_information(state, content)
        case "wrong":
            return _corrected(state, content)
        case "safe":
            return state, (say(safety("safe_now"), buttons=_notes_buttons(state), kind=Kind.SAFETY),)
        case _:
            blocks = [safety("not_safe"), *_emergency(state, content), safety("without_phone")]
            return state, (say(*blocks, buttons=_after_numbers(state), kind=Kind.SAFETY),)


def country_known(state: State, content: ContentFacts) -> Step:
    """The country was tapped while in the path: its numbers at once."""
    heading = phrase("contacts_heading", country=f"country:{state.country}")
    blocks = [heading, *_emergency(state, content), *_helplines(state, state.path_flag)]
    return state, (say(*blocks, buttons=_after_numbers(state), kind=Kind.SAFETY),)


def _known(state: State, intent: str, content: ContentFacts) -> Step:
    """Danger that the open case already holds: who left the path for information gets information."""
    if in_path(state) or (state.case is not None and state.case.held) or not is_guidance(intent):
        return later(state)
    return guidance.first(state, intent, content)


def _is_news(state: State, raised: frozenset[str], priority: Priority) -> bool:
    """Whether the safety text is due: a new incident, a graver one, or a flag not yet answered."""
    if state.case is None or not state.case.open:
        return True
    known = state.case.flags
    return bool((raised - {CHILD_USER, "human_requested"}) - known) or priority > state.case.priority


def _is_graver(state: State, hits: Collection[FlagHit], intent: str) -> bool:
    """Whether this surely shows a danger graver than the one last answered, though the case has its flag.

    Not over somebody of the staff, who reads it too.
    """
    held = state.case is not None and state.case.held
    if held or not in_path(state) or intent == OWN_BEHAVIOUR:
        return False
    sure = gravest(hit for hit in hits if hit.confidence >= SURE)
    return bool(sure) and gravity(sure) < gravity(state.path_flag)


def _case(
    state: State, raised: frozenset[str], intent: str, priority: Priority, confirmed: bool | None = None
) -> tuple[State, tuple[Effect, ...]]:
    flags = tuple(sorted(raised))
    if state.case is not None and state.case.open:
        return replace(state, incident=state.case.incident), (RaiseCase(priority, flags),)
    state = replace(state, incident=state.incident + 1)
    return state, (OpenCase(state.incident, priority, flags, intent, confirmed),)


def _path(state: State, priority: Priority) -> str:
    """A later, lesser message never lowers the path."""
    if in_path(state) and state.path == "emergency":
        return "emergency"
    return "emergency" if priority is Priority.EMERGENCY else "urgent"


def _messages(state: State, intent: str, content: ContentFacts) -> tuple[Say, ...]:
    if state.path == "emergency":
        return _emergency_messages(state, intent, content)
    return _urgent_messages(state, intent, content)


def _emergency_messages(state: State, intent: str, content: ContentFacts) -> tuple[Say, ...]:
    flag = state.path_flag
    numbers_first = [*_emergency(state, content), *_words(flag, intent), *_helplines(state, flag)]
    notes: list[Block] = [*_notes(state)]
    if flag in (IMMINENT_DANGER, SELF_HARM):
        notes.append(Safety(flag, SafetyPart.QUESTION))
    return (
        say(*numbers_first, buttons=_country_buttons(state), kind=Kind.SAFETY),
        say(*notes, buttons=_notes_buttons(state, question=True), kind=Kind.SAFETY),
    )


def _urgent_messages(state: State, intent: str, content: ContentFacts) -> tuple[Say, ...]:
    flag = state.path_flag
    text = [*_words(flag, intent), *_helplines(state, flag), *_emergency(state, content)]
    notes = [*_notes(state), safety("understood")]
    choices = (
        (choice(state, "person", "person_yes"),),
        (choice(state, "info", "info_only"), choice(state, "wrong")),
    )
    return (
        say(*text, buttons=_country_buttons(state), kind=Kind.SAFETY),
        say(*notes, buttons=choices, kind=Kind.SAFETY),
    )


def _words(flag: str, intent: str) -> list[Block]:
    if flag:
        return [Safety(flag, SafetyPart.ACKNOWLEDGE), Safety(flag, SafetyPart.STEPS)]
    return [Guidance(intent, Part.FIRST)] if is_guidance(intent) else []


def _emergency(state: State, content: ContentFacts) -> list[Block]:
    """A country without a checked number gets ways to help, never a number of another country."""
    if not state.country:
        return [safety("call_now_unknown")]
    if not content.has_service(state.country, "emergency"):
        return [safety("call_now_none")]
    return [safety("call_now"), Services(("emergency",), 2)]


def _helplines(state: State, flag: str) -> list[Block]:
    """Who can be called; with nobody at work those that are open day and night first.

    Until the country is known (REFER-COUNTRY) that is a directory of all countries, never another one's number.
    """
    if not state.country:
        return [safety("helplines"), Services((), worldwide=(_DIRECTORIES.get(flag, ANY_COUNTRY),))]
    kinds = _HELPLINES[flag]
    if state.role == "child":
        kinds = ("child_helpline", *(kind for kind in kinds if kind != "child_helpline"))
    return [safety("helplines"), Services(kinds, 1, always=not state.on_duty)]


def _notes(state: State) -> list[Block]:
    priority = Priority.EMERGENCY if state.path == "emergency" else Priority.URGENT
    return [
        duty(state, "safety.case_opened"),
        *person.how_long(state, priority),
        safety("secrecy"),
        safety("not_a_person"),
        safety("safe_word"),
    ]


def _still(state: State, words: list[Block]) -> tuple[Say, ...]:
    if state.case is not None and state.case.held:
        return ()
    key = ("added_again" if state.noted else "added") + ("" if state.on_duty else "_off")
    return (say(*words, safety(key), buttons=_notes_buttons(state), kind=Kind.SAFETY),)


def _country_buttons(state: State) -> Rows:
    return () if state.country else country_rows(state.language)


def _notes_buttons(state: State, *, question: bool = False) -> Rows:
    last = person.confirmed_buttons(state)
    if not question:
        return last
    return ((choice(state, "safe", "safe_yes"), choice(state, "unsafe", "safe_no")), *last)


def _after_numbers(state: State) -> Rows:
    if not state.country:
        return country_rows(state.language)
    return ((button("person", "human"), button("other_country", "change_country")),)


def _only_information(state: State, content: ContentFacts) -> Step:
    state = replace(state, path="", stage="")
    effects: tuple[Effect, ...] = (ConfirmCase("information"), say(safety("info_only"), kind=Kind.SAFETY))
    return _back_to_topic(state, effects, content)


def _corrected(state: State, content: ContentFacts) -> Step:
    """Taken back in one tap. Whoever holds the case decides with the person; the queue forgets it at once."""
    if state.case is not None and state.case.held:
        return state, (ConfirmCase("wrong"), say(safety("corrected_held"), kind=Kind.SAFETY))
    state = replace(state, path="", path_flag="", stage="", topic=state.before or state.topic, helped="")
    effects: tuple[Effect, ...] = (ConfirmCase("wrong"), say(safety("corrected"), kind=Kind.SAFETY))
    return _back_to_topic(state, effects, content)


def _back_to_topic(state: State, effects: tuple[Effect, ...], content: ContentFacts) -> Step:
    if is_guidance(state.topic):
        state, more = guidance.first(state, state.topic, content)
        return state, (*effects, *more)
    return state, (*effects, guidance.menu_message())
