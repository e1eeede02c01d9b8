"""A person: asked for at any time, when the helpline may write later, and whether it helped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.contact import CHOICES, OPENINGS, WINDOWS, SafeContact
from bot.core.dialogue import guidance
from bot.core.dialogue.blocks import MENU, PERSON, button, country_rows, duty, rows, safety, say
from bot.core.effects import (
    Block,
    Button,
    ConfirmCase,
    Count,
    Effect,
    Kind,
    OpenCase,
    Rows,
    Say,
    Services,
    SetContact,
)
from bot.core.helplines import covering
from bot.core.ports import ContentFacts
from bot.core.state import State
from bot.core.taxonomy import Priority, is_guidance

Step = tuple[State, tuple[Effect, ...]]

_LONGEST_AIM = 120
"""Minutes; a longer aim says nothing to somebody who waits."""

_OPEN_NOW = ("crisis_line", "child_helpline")


def asked(state: State, intent: str, content: ContentFacts, *, alone: bool = True) -> Step:
    """The person asked for somebody: a case, who reads it, and whether somebody is at work.

    ``alone``: nothing else is asked in the same answer, so that the time to write may be asked.
    """
    case = state.case
    if case is not None and case.open:
        again = say(duty(state, "safety.person"), *open_now(state), buttons=confirmed_buttons(state))
        return state, (ConfirmCase("person"), again, *(_when(state) if alone else ()))
    # A child who asks for somebody is not left for tomorrow.
    priority = Priority.URGENT if state.role == "child" else Priority.ROUTINE
    state = replace(state, incident=state.incident + 1)
    effects = (OpenCase(state.incident, priority, ("human_requested",), intent, True),)
    state, notice = guidance.draft_notice(state, content)
    blocks: list[Block] = [duty(state, "person_opened"), *how_long(state, priority), *open_now(state)]
    blocks += [safety("secrecy")]
    blocks += [safety("safe_word"), *notice]
    buttons = ((choice(state, "wrong"), MENU),)
    return state, (
        *effects,
        say(*blocks, buttons=buttons, kind=Kind.SAFETY),
        *(_when(state) if alone else ()),
    )


def wanted(state: State) -> Step:
    """Under a safety text the person chose a person."""
    state = replace(state, stage="person")
    priority = state.case.priority if state.case is not None else Priority.URGENT
    told = say(
        duty(state, "safety.person"),
        *how_long(state, priority),
        *open_now(state),
        safety("safe_word"),
        buttons=confirmed_buttons(state),
        kind=Kind.SAFETY,
    )
    return state, (ConfirmCase("person"), told, *_when(state))


def open_now(state: State) -> list[Block]:
    """With nobody at work: who can be called at this hour."""
    if state.on_duty or not state.country:
        return []
    return [safety("open_now"), Services(_OPEN_NOW, 1, open_now=True)]


def how_long(state: State, priority: Priority) -> list[Block]:
    """How long it takes at this hour: what was measured lately where that is slower than what the helpline has
    set itself, else its aim; with nobody at work, when it is back."""
    helpline = covering(state.helplines, state.country, state.language)
    if helpline is None or state.moment is None:
        return []
    if state.on_duty:
        aim, lately = helpline.due[priority], helpline.waited(priority, state.moment)
        if lately is not None and lately > aim:
            return [_lately(lately)]
        minutes = aim // timedelta(minutes=1)
        return [safety("aim", minutes=str(minutes))] if minutes <= _LONGEST_AIM else []
    back = helpline.next_opening(state.moment)
    return [] if back is None else [safety("back_at", when=f"time:{back.isoformat()}")]


def _lately(waited: timedelta) -> Block:
    """Rounded up: nobody should wait longer than was said."""
    minutes = -(-waited // timedelta(minutes=5)) * 5
    if minutes <= _LONGEST_AIM:
        return safety("aim_lately", minutes=str(minutes))
    return safety("aim_lately_hours", hours=str(-(-waited // timedelta(hours=1))))


def confirmed_buttons(state: State) -> Rows:
    """What stays in reach once a case is open; leaving at once where the channel can take messages away."""
    first = (button("numbers", "numbers"), choice(state, "wrong"))
    return (first, (button("exit", "exit"),)) if state.wipes else (first,)


def choice(state: State, answer: str, label: str = "") -> Button:
    """The incident's number is in the payload, so that an old button cannot answer for a new one."""
    return button(label or answer, "safety", a=answer, n=str(state.incident))


def ask_when(state: State) -> Step:
    """When, and whether at all, the helpline may write first."""
    picks = [button(f"contact_{name}", "contact", w=name) for name in ("any", *WINDOWS, "no")]
    return state, (say("contact_ask", buttons=rows(picks, 1), kind=Kind.SAFETY),)


def contact(state: State, when: str, style: str) -> Step | None:
    """A tap on when (``w``) or on how (``s``) the helpline may write."""
    if when in CHOICES and when:
        return _set_when(state, when)
    if style in (*OPENINGS, "plain") and state.contact.asked:
        chosen = replace(state.contact, opening="" if style == "plain" else style)
        words = ("contact_neutral_set", opening(style)) if chosen.neutral else ("contact_plain_set",)
        told = say(*words, buttons=_after_contact(), kind=Kind.SAFETY)
        return replace(state, contact=chosen), (SetContact(chosen), told)
    return None


def opening(name: str) -> str:
    """Key of the neutral words."""
    return f"contact_knock_{name}"


def knock(name: str) -> Say:
    """The neutral words that go first, with yes and not now by tap."""
    picks = (button("knock_yes", "knock", a="yes"), button("knock_no", "knock", a="no"))
    return say(opening(name), buttons=(picks,), kind=Kind.NOTICE)


def later() -> tuple[Effect, ...]:
    """The neutral words were answered with no."""
    return (say("contact_later", kind=Kind.SAFETY),)


def ask_helped(state: State) -> Step:
    """One short question on the topic in hand, never in the safety path and never twice."""
    due = is_guidance(state.topic) and state.helped != state.topic
    if not due or (state.case is not None and state.case.open):
        return state, ()
    picks = (button("helped_yes", "helped", a="yes"), button("helped_no", "helped", a="no"))
    return replace(state, helped=state.topic, awaiting="helped"), (say("helped_ask", buttons=(picks,)),)


def helped(state: State, answer: str, content: ContentFacts) -> Step:
    """Counted without the person; who was not helped gets a person and near topics by tap."""
    state = replace(state, awaiting="")
    if answer == "yes":
        return state, (Count("helped_yes"), say("helped_thanks", buttons=((MENU,),)))
    near = guidance.related(state, content)
    return state, (Count("helped_no"), say("helped_sorry", buttons=(*near, (PERSON, MENU))))


def nobody_came(country: str) -> Say:
    """To who was told that somebody is at work, when in the promised time nobody took the case."""
    blocks: list[Block] = [safety("nobody_came")]
    if country:
        blocks += [safety("open_now"), Services(("emergency", *_OPEN_NOW), 1, open_now=True)]
    buttons = ((button("numbers", "numbers"),),)
    return say(*blocks, buttons=buttons, kind=Kind.SAFETY)


def _when(state: State) -> tuple[Say, ...]:
    """Asked once, and only after the person said yes to a person."""
    if state.contact.asked:
        return ()
    _, effects = ask_when(state)
    return tuple(effect for effect in effects if isinstance(effect, Say))


def _set_when(state: State, when: str) -> Step:
    chosen = SafeContact(when)
    state = replace(state, contact=chosen)
    if chosen.never:
        told = say("contact_never_set", buttons=_after_contact(), kind=Kind.SAFETY)
        return state, (SetContact(chosen), told)
    if when in WINDOWS and not state.country:
        # Hours are hours of a country.
        asked = say("country_ask", buttons=country_rows(state.language), kind=Kind.SAFETY)
        return replace(state, awaiting="contact"), (SetContact(chosen), asked)
    return state, (SetContact(chosen), ask_how())


def ask_how() -> Say:
    """Which neutral words come first, if any; they are shown as they would arrive."""
    picks = [button(f"contact_open_{name}", "contact", s=name) for name in OPENINGS]
    picks.append(button("contact_plain", "contact", s="plain"))
    words = [opening(name) for name in OPENINGS]
    return say("contact_how", *words, buttons=rows(picks, 2), kind=Kind.SAFETY)


def _after_contact() -> Rows:
    return ((button("numbers", "numbers"), button("contact", "contact_when")),)
