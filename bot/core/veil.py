"""Words that files must know and must not spell out, such as means of self-harm: they stand there as a hash.

A veiled form is ``#`` and ten hexadecimal digits; ``*`` behind them stands for any ending.
"""

from __future__ import annotations

import hashlib
import re

VEILED = re.compile(r"#[0-9a-f]{10}\*?")
_FROM = 3
_TO = 12


def veil(word: str) -> str:
    """The veiled form of a word as messages are read (lower case, no accents); ``*`` at its end stays."""
    stem = word.rstrip("*")
    digest = hashlib.blake2b(stem.encode(), digest_size=5, person=b"amparo-veil").hexdigest()
    return f"#{digest}{word[len(stem) :]}"


def veils(word: str) -> list[str]:
    """Every veiled form that a word satisfies: its own, and those of its beginnings."""
    ends = range(_FROM, min(len(word), _TO) + 1)
    return [veil(word), *(veil(word[:end] + "*") for end in ends)]
