"""What the person decides about the talk itself: leave at once, erase, see how a case stands."""

from __future__ import annotations

from dataclasses import replace

from bot.core.dialogue.blocks import MENU, PERSON, button, phrase, say
from bot.core.effects import Block, Button, Count, Effect, Forget, Wipe
from bot.core.ports import ContentFacts
from bot.core.state import State

Step = tuple[State, tuple[Effect, ...]]


def leave(state: State) -> Step:
    """Take the bot's messages away, and say in neutral words what stays (EXIT-HONEST)."""
    state = replace(state, topic="", part="", awaiting="", misses=0)
    return state, (Wipe(), say("exit_done")) if state.wipes else (say("exit_kept"),)


def case_status(state: State, _: ContentFacts) -> Step:
    """How the person's newest case stands."""
    case = state.case
    if case is None:
        return state, (say("case_none", buttons=((PERSON, MENU),)),)
    key = "case_closed" if not case.open else "case_claimed" if case.held else "case_waiting"
    params = {"reference": case.reference}
    if key == "case_claimed":
        params["staff"] = case.holder
    buttons: list[tuple[Button, ...]] = [(button("numbers", "numbers"), MENU)]
    if case.open:
        buttons.append((button("contact", "contact_when"),))
    return state, (say(phrase(key, **params), buttons=tuple(buttons)),)


def delete_confirm(state: State, _: ContentFacts) -> Step:
    picks = (button("delete_yes", "delete", a="yes"), button("delete_no", "delete", a="no"))
    return replace(state, awaiting="delete"), (say("delete_confirm", buttons=(picks,)),)


def delete(state: State, answer: str) -> Step:
    """Erase at once, with a receipt. The language and an open case's place stay, so that help can go on."""
    if answer != "yes":
        return replace(state, awaiting=""), (say("delete_kept", buttons=((MENU,),)),)
    bare = State(language=state.language, case=state.case, on_duty=state.on_duty, helplines=state.helplines)
    case = state.case
    blocks: list[Block] = [phrase("delete_done")]
    if case is not None and case.open:
        blocks = [phrase("delete_done_open_case", reference=case.reference), phrase("delete_why")]
        bare = replace(
            bare,
            incident=state.incident,
            path=state.path,
            path_flag=state.path_flag,
            stage=state.stage,
            contact=state.contact,  # safety of an open case, not data about a talk
        )
    receipt = phrase("delete_receipt", when="now:")
    return bare, (Forget(), Count("erased"), say(*blocks, receipt))
