"""While a person of the helpline has the chat: the bot steps back, and only what protects stays its own.

Two voices at once frighten, and a topic answered over the counsellor's question loses it. Numbers, leaving,
erasing, the times to write, the country and a sign of danger are answered as ever; whoever taps anything
else is told who is there. A tap that nothing answers would look as if nobody were.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.dialogue import danger, person
from bot.core.dialogue.blocks import button, phrase, say
from bot.core.dialogue.payloads import Payload
from bot.core.effects import ConfirmCase, Count, Effect, OpenCase, RaiseCase, Say
from bot.core.ports import ContentFacts
from bot.core.state import State
from bot.core.taxonomy import COUNTRIES

Step = tuple[State, tuple[Effect, ...]]

_BUTTONS = ("numbers", "privacy", "help", "case_status", "delete", "contact", "contact_when", "exit")
_SETTINGS = ("change_country", "change_language")
_COMMANDS = ("numbers", "privacy", "help", "case", "delete", "exit", "country", "language")


def held(state: State) -> bool:
    """Whether somebody of the staff has this chat now."""
    return state.case is not None and state.case.held


def here(state: State) -> Say:
    """Who is there, and that writing reaches this person."""
    name = state.case.holder if state.case is not None else ""
    return say(phrase("person_here", staff=name), buttons=((button("numbers", "numbers"),),))


def pressed(state: State, payload: Payload | None, usual: Step | None, content: ContentFacts) -> Step:
    """A press while the chat is held; ``usual`` is what it would bring otherwise."""
    name = "" if payload is None else payload.name
    if payload is None or usual is None:
        return state, (here(state),)
    if name == "inform":
        return _informed(state, payload, usual, content)
    if name == "safety" and payload.get("a") in ("person", "info"):
        answer = "person" if payload.get("a") == "person" else "information"
        return state, (ConfirmCase(answer), here(state))
    stops = name == "weekly" and payload.get("a") == "off"
    if name in (*_BUTTONS, *_SETTINGS, "safety") or stops or _shows_danger(usual):
        return usual[0], danger.without_menu(usual[1])
    return state, (here(state),)


def commanded(state: State, name: str, usual: Step) -> Step:
    """A command while the chat is held. What a link presets is kept and counted."""
    changed, effects = usual
    if name in _COMMANDS:
        return changed, danger.without_menu(effects)
    kept = replace(state, country=changed.country, role=changed.role)
    return kept, (*(effect for effect in effects if isinstance(effect, Count)), here(kept))


def _informed(state: State, payload: Payload, usual: Step, content: ContentFacts) -> Step:
    """Country, role or language by tap: noted, with the country's numbers, and no topic behind it."""
    changed = usual[0]
    if payload.get("country") in COUNTRIES:
        state, effects = danger.country_known(replace(state, country=changed.country), content)
        if state.awaiting != "contact":
            return state, effects
        return replace(state, awaiting=""), (*effects, person.ask_how())
    if "country" in payload.slots:
        return changed, danger.without_menu(usual[1])
    if changed.language != state.language or "language" in payload.slots:
        told = say(phrase("language_set", language=f"language:{changed.language}"))
        return replace(state, language=changed.language, language_chosen=True), (told, here(changed))
    return replace(state, role=changed.role, role_chosen=changed.role_chosen), (here(state),)


def _shows_danger(usual: Step) -> bool:
    return any(isinstance(effect, OpenCase | RaiseCase) for effect in usual[1])
