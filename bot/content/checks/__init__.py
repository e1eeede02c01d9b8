"""Checks on content that could be read: one a file, each yields findings, all run every time."""

from __future__ import annotations

from datetime import date

from bot.content.checks import (
    complete,
    contacts,
    examples,
    facts,
    forbidden,
    lengths,
    lessons,
    markup,
    placeholders,
    platforms,
    reading,
    references,
)
from bot.content.findings import Finding
from bot.content.library import Library

CHECKS = (
    complete,
    placeholders,
    lengths,
    markup,
    facts,
    forbidden,
    reading,
    references,
    lessons,
    contacts,
    platforms,
    examples,
)


def run_checks(library: Library, today: date) -> list[Finding]:
    """All findings of all checks."""
    return [finding for check in CHECKS for finding in check.check(library, today)]
