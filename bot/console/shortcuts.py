"""Keys, and what they do: for the help page, and for the list of commands that Ctrl K opens."""

from __future__ import annotations

from collections.abc import Mapping

from bot.console.catalogue import Catalogue
from bot.console.page_parts import Command

SHORTCUTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "take_next": (("Alt", "T"),),
    "next": (("Alt", "J"),),
    "previous": (("Alt", "K"),),
    "reply": (("Alt", "L"),),
    "note": (("Alt", "P"),),
    "send": (("Ctrl", "Enter"), ("⌘", "Enter")),
    "insert": (("Alt", "G"),),
    "veil": (("Alt", "R"),),
    "hand_over": (("Alt", "H"),),
    "call_lead": (("Alt", "U"),),
    "close": (("Alt", "E"),),
    "sections": (("Alt", "1…6"),),
    "focus": (("Alt", "."),),
    "hide": (("Shift", "Esc"),),
    "leave": (("Esc",),),
    "palette": (("Ctrl", "K"), ("⌘", "K"), ("/",)),
    "this": (("?",),),
}
"""As in Chatwoot where it has the same act: staff who change tools know them. The script acts on them."""

RUNS: Mapping[str, str] = {
    "take_next": "KeyT",
    "reply": "KeyL",
    "note": "KeyP",
    "insert": "KeyG",
    "veil": "KeyR",
    "hand_over": "KeyH",
    "call_lead": "KeyU",
    "close": "KeyE",
    "focus": "Period",
    "hide": "Hide",
}
"""Acts that stand in the list of commands, with the name by which the script runs them."""


def commands(words: Catalogue) -> tuple[Command, ...]:
    """The acts of the list; the script shows those that the page has."""
    return tuple(Command(run, words.t(f"help.{act}"), SHORTCUTS[act][0]) for act, run in RUNS.items())
