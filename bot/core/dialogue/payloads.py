"""Button payloads: an intent in Rasa's style with a small JSON object behind it, at most 64 bytes.

``/bullying/victim`` asks for guidance; ``/inform{"country":"cr"}`` fills a slot. What comes back
from a client is hostile: `parse` gives a name and short string values, or None.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

MAX_BYTES = 64
"""Telegram's limit for ``callback_data`` (Bot API, InlineKeyboardButton)."""

_SHAPE = re.compile(r"/([a-z_]+(?:/[a-z_]+)?)(\{.*\})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Payload:
    """A parsed payload: ``name`` without the slash, ``slots`` with short strings."""

    name: str
    slots: dict[str, str] = field(default_factory=dict)

    def get(self, slot: str) -> str:
        return self.slots.get(slot, "")


def build(name: str, **slots: str) -> str:
    """A payload. Raises `ValueError` over Telegram's 64 bytes: a fault of ours, never of a person."""
    text = f"/{name}"
    if slots:
        text += json.dumps(slots, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"payload of {name} is longer than {MAX_BYTES} bytes")
    return text


def parse(text: str) -> Payload | None:
    """The payload in ``text``, or None where it is none of ours."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        return None
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    slots = _slots(match.group(2))
    return None if slots is None else Payload(match.group(1), slots)


def _slots(text: str | None) -> dict[str, str] | None:
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        return None
    return value
