"""Reads what a Rasa server sends to the action server. All of it is hostile until it was read here.

The format is described at https://rasa.com/docs/rasa/pages/action-server-api (Rasa 3.6). An error
names the place and never what stood there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.actions.names import RASA_SLOTS, SLOTS

MOST_EVENTS = 5000
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


class BadCall(Exception):
    """A call that is not answered. The text names the place and holds nothing of the call."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class _Tracker(_Strict):
    sender_id: Annotated[str, Field(min_length=1, max_length=255)]
    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_EVENTS)]
    slots: dict[str, Any] = Field(default_factory=dict)
    latest_message: dict[str, Any] | None = None


class _Call(_Strict):
    next_action: Annotated[str, Field(min_length=1, max_length=100, pattern="^[A-Za-z][A-Za-z0-9_]*$")]
    sender_id: Annotated[str, Field(min_length=1, max_length=255)]
    tracker: _Tracker
    domain: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has the right form."""

    action: str
    sender: str
    events: tuple[Mapping[str, Any], ...]
    slots: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """What rasa-sdk is given: nothing that was not read here."""
        tracker = {"sender_id": self.sender, "events": list(self.events), "slots": dict(self.slots)}
        return {"next_action": self.action, "sender_id": self.sender, "tracker": tracker, "domain": {}}


def read_call(body: object) -> Call:
    """The call in a decoded JSON body. Raises `BadCall`."""
    try:
        call = _Call.model_validate(body)
    except ValidationError as error:
        raise BadCall(_problem(error)) from None
    tracker = call.tracker
    if call.sender_id != tracker.sender_id:
        raise BadCall("sender_id and tracker.sender_id name two people")
    if not call.sender_id.strip() or any(unicodedata.category(c) in _HIDDEN for c in call.sender_id):
        raise BadCall("sender_id holds characters that no id has")
    for number, event in enumerate(tracker.events):
        if not isinstance(event.get("event"), str):
            raise BadCall(f"tracker.events.{number}.event must be a text")
    _check_slots(tracker.slots, call.domain or {})
    return Call(call.next_action, call.sender_id, tuple(tracker.events), tracker.slots)


def _check_slots(slots: Mapping[str, Any], domain: Mapping[str, Any]) -> None:
    """A slot must be ours, Rasa's own, or declared by the domain that came with the call."""
    declared = domain.get("slots")
    known = {*SLOTS, *RASA_SLOTS, *(declared if isinstance(declared, dict) else ())}
    if not known.issuperset(slots):
        raise BadCall("tracker.slots holds a slot that the domain does not declare")
    if any(not isinstance(slots.get(name), str | None) for name in SLOTS):
        raise BadCall("tracker.slots holds a slot of Amparo that is not a text")


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if not isinstance(part, str) or part.isidentifier())
    return f"{place or 'the body'}: {first['type'].replace('_', ' ')}"
