"""What is taken out of a person's text before anything else sees it."""

from __future__ import annotations

import unicodedata

MOST_CHARACTERS = 4096
"""Telegram's limit for a message, kept for every channel."""


def clean(text: str) -> str:
    """Text without control and direction-changing characters, which could disguise it for staff."""
    kept = (
        c
        for c in text[:MOST_CHARACTERS]
        if c in "\n\t\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    return "".join(kept)
