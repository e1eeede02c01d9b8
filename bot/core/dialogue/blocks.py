"""Buttons and messages that several parts of the dialogue use."""

from __future__ import annotations

from bot.core.dialogue.payloads import build
from bot.core.effects import Block, Button, Kind, Phrase, Rows, Say
from bot.core.state import State
from bot.core.taxonomy import COUNTRIES, GUIDANCE_SINGLES, GUIDANCE_TOPICS

_COUNTRY_ORDER = {
    "es": ("bo", "co", "cr", "gt", "hn", "ni", "pa", "py", "sv"),
    "gn": ("py",),
    "en": ("gh", "rw", "tz"),
    "fr": ("cd", "sn", "td"),
    "sw": ("tz", "cd", "rw"),
    "rw": ("rw",),
}


def phrase(key: str, **params: str) -> Phrase:
    """A phrase of everyday.yml, or of safety.yml where the key says so."""
    return Phrase(key if "." in key else f"everyday.{key}", params)


def safety(key: str, **params: str) -> Phrase:
    """A phrase of safety.yml."""
    return Phrase(f"safety.{key}", params)


def say(*blocks: Block | str, buttons: Rows = (), kind: Kind = Kind.ANSWER) -> Say:
    """A message; a plain string is the key of an everyday phrase."""
    return Say(tuple(phrase(b) if isinstance(b, str) else b for b in blocks), buttons, kind)


def button(label: str, name: str, **slots: str) -> Button:
    """A button labelled from buttons.yml (or by a name, see `Button`) with a payload of ours."""
    return Button(label if ":" in label else f"buttons.{label}", build(name, **slots))


def rows(buttons: list[Button], width: int) -> Rows:
    """Buttons in rows of ``width``."""
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))


PERSON = button("person", "human")
MENU = button("menu", "menu")


def country_rows(language: str) -> Rows:
    """The countries by tap, those where the language is spoken first, and "another country"."""
    first = _COUNTRY_ORDER.get(language, ())
    codes = [*first, *(code for code in COUNTRIES if code not in first)]
    picks = [button(f"country:{code}", "inform", country=code) for code in codes]
    return (*rows(picks, 3), (button("other_country", "inform", country="other"),))


def topic_rows() -> Rows:
    """The topics by tap, each leading to the guidance asked for most."""
    topics = [button(f"topic_{name}", "topic", t=name) for name in (*GUIDANCE_TOPICS, *GUIDANCE_SINGLES)]
    return rows(topics, 2)


def role_row() -> tuple[Button, ...]:
    """Who writes, by tap."""
    return tuple(button(f"role_{role}", "inform", role=role) for role in ("parent", "teacher", "child"))


def language_rows(offered: tuple[str, ...]) -> Rows:
    """The languages by tap, each under its own name."""
    return rows([button(f"language:{code}", "inform", language=code) for code in offered], 2)


def duty(state: State, key: str) -> Phrase:
    """A phrase that differs by whether somebody is at work now."""
    return phrase(f"{key}_{'duty' if state.on_duty else 'off'}")
