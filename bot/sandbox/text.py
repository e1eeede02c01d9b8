"""Text as Telegram keeps it: cleaned, trimmed, measured in UTF-16 units, with entities found in it.

Inside, spans count Python characters; they are turned into UTF-16 units once, at the end.
Rules: TDLib's ``clean_input_string`` and ``fix_formatted_text``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]

MAX_TEXT = 4096
MAX_CAPTION = 1024

_DROPPED = frozenset({"\r", "\u0333", "\u033f", "\u030a", *(chr(code) for code in range(0x2028, 0x202F))})
_BLANK = " \n"
_OPAQUE = frozenset({"pre", "code", "text_link", "text_mention"})
_FOUND = (
    ("bot_command", re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z][A-Za-z0-9_]{2,31})?(?![\w/])")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII)),
    ("url", re.compile(r"(?<![\w@])(?:https?://|www\.)[^\s<>\"“”«»]{2,2000}", re.IGNORECASE)),
    ("mention", re.compile(r"(?<![\w/@])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#&])#\w{1,256}")),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A formatted stretch, in characters from ``start`` up to but not including ``end``."""

    kind: str
    start: int
    end: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its entities in Telegram's form, sorted as Telegram sorts them."""

    text: str
    entities: tuple[Json, ...]


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, which is how Telegram counts."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def formatted(text: str, spans: Sequence[Span] = ()) -> Formatted:
    """The text cleaned and trimmed, its spans moved along, commands and links found in it."""
    kept, moved = _clean(text, spans)
    every = [*moved, *_found(kept, moved)]
    every.sort(key=lambda span: (span.start, -span.end))
    return Formatted(kept, tuple(_entity(kept, span) for span in every))


def _clean(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    place = [0]
    kept: list[str] = []
    for character in text:
        if character not in _DROPPED:
            kept.append(" " if character < " " and character != "\n" else character)
        place.append(len(kept))
    joined = "".join(kept)
    lead = len(joined) - len(joined.lstrip(_BLANK))
    trimmed = joined.strip(_BLANK)
    moved = [
        replace(
            span,
            start=_within(place[span.start] - lead, trimmed),
            end=_within(place[span.end] - lead, trimmed),
        )
        for span in spans
    ]
    return trimmed, [span for span in moved if span.end > span.start]


def _within(position: int, text: str) -> int:
    return max(0, min(position, len(text)))


def _found(text: str, spans: Sequence[Span]) -> list[Span]:
    taken = [(span.start, span.end) for span in spans if span.kind in _OPAQUE]
    found: list[Span] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start, end = match.span()
            end = start + len(match[0].rstrip(".,;:!?'\")]}…")) if kind == "url" else end
            if end > start and all(end <= low or start >= high for low, high in taken):
                taken.append((start, end))
                found.append(Span(kind, start, end))
    return found


def _entity(text: str, span: Span) -> Json:
    entity: Json = {
        "type": span.kind,
        "offset": utf16_length(text[: span.start]),
        "length": utf16_length(text[span.start : span.end]),
    }
    return {**entity, "url": span.url} if span.url else entity


def split(text: str, limit: int = MAX_TEXT) -> list[str]:
    """A person's long text in pieces of at most ``limit`` UTF-16 units, as Telegram's clients send it."""
    pieces: list[str] = []
    while utf16_length(text) > limit:
        fits = _fitting(text, limit)
        space = max(text.rfind(" ", 1, fits), text.rfind("\n", 1, fits))
        cut = space if space > fits // 2 else fits
        pieces.append(text[:cut])
        text = text[cut:].lstrip(_BLANK)
    return [*pieces, text] if text else pieces


def _fitting(text: str, limit: int) -> int:
    """How many characters fit into ``limit`` UTF-16 units, at least one."""
    units = 0
    for at, character in enumerate(text):
        units += utf16_length(character)
        if units > limit:
            return max(1, at)
    return len(text)


def clean_line(text: str) -> str:
    """A name or a title: one line, cleaned."""
    return " ".join(formatted(text).text.split())
