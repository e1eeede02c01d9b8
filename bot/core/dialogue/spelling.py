"""Single words that must be understood rightly: the safe word, with one typing mistake, and a bare no."""

from __future__ import annotations

import unicodedata

MAX_WORDS = 2
"""The safe word counts when it is all that was written, or nearly so."""


_NO = frozenset(
    {
        "no",
        "noo",
        "nop",
        "nope",
        "nah",
        "non",
        "hapana",
        "siyo",
        "sivyo",
        "oya",
        "ntabwo",
        "nahaniri",
        "nahani",
    }
)


def is_bare_no(text: str) -> bool:
    """Whether a message is nothing but a no. "Stop" or "leave it" may be a cry, and is none."""
    return "".join(_plain(text.replace("'", "").replace("\u2019", "")).split()) in _NO


def is_safe_word(text: str, safe_word: str) -> bool:
    """Whether a message is the safe word, one typing mistake forgiven."""
    words = _plain(text).split()
    return 0 < len(words) <= MAX_WORDS and any(within_one_edit(word, safe_word) for word in words)


def within_one_edit(word: str, other: str) -> bool:
    """At most one letter inserted, left out, replaced, or swapped with its neighbour."""
    if word == other:
        return True
    if abs(len(word) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )
    rest, other_rest = word[start:], other[start:]
    swapped = rest[1::-1] + rest[2:] == other_rest and len(rest) > 1
    return swapped or rest[1:] == other_rest or rest == other_rest[1:] or rest[1:] == other_rest[1:]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text[:64].lower())
    return "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
