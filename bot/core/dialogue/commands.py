"""The commands, in the order in which Telegram and the help list them."""

from __future__ import annotations

import re

COMMANDS = (
    "menu",
    "numbers",
    "person",
    "case",
    "language",
    "country",
    "role",
    "tips",
    "weekly",
    "privacy",
    "exit",
    "delete",
    "help",
)
"""Each has a text ``everyday.cmd_<name>`` that says what it does. ``/start`` needs none."""

_LONGEST = 32
"""Telegram's limit for the name of a command (Bot API, BotCommand)."""


def command_of(text: str) -> tuple[str, str]:
    """The name of a command and the person's words, from a text that begins with a slash.

    A command that is none of ours is words too: "/mi_padre_me_golpea" must be read for danger. To whom it is
    addressed (``/help@some_bot``) says nothing in a private chat, where only we can be meant.
    """
    first, _, rest = re.sub(r"\s", " ", text[1:], count=1).partition(" ")
    name = first.partition("@")[0].lower()[:_LONGEST]
    words = rest.strip()
    if name in ("start", *COMMANDS):
        return name, words
    return name, f"{re.sub(r'[_@]', ' ', first)} {words}".strip()
