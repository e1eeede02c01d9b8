"""The commands, in the order in which Telegram and the help list them."""

from __future__ import annotations

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
