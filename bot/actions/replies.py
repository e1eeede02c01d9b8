"""From an answer to what a custom action returns: responses, slots and events."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.actions.desk import Answer
from bot.actions.names import JSON_CHANNELS, SLOTS
from bot.core.effects import Kind, Message
from bot.core.handout import Document
from bot.core.rasa import payload_to_rasa
from bot.core.state import State
from bot.core.turn import Turned

Event = dict[str, Any]

SESSION_EVENTS = 400
"""With so many events in a tracker a new session is begun, or the calls would grow without end."""

PAPERS = "/papers/"
_TAGS = re.compile(r"</?[bi]>")


def responses(answer: Answer, channel: str) -> list[dict[str, Any]]:
    """The answer as keyword arguments of ``utter_message``, in order.

    Text is without tags, which most channels would show. A channel whose client is a program also
    gets one object with what text and buttons cannot say: kinds, HTML, rows of buttons, the case.
    """
    said = [_response(message) for _, message in answer.messages]
    if channel in JSON_CHANNELS and (said or answer.turned):
        said.append({"json_message": {"amparo": _custom(answer)}})
    return said


def events(turned: Turned | None, known: int) -> list[Event]:
    """Slots that mirror the state, and the end of the turn. ``known`` events stand in the tracker."""
    slots = [] if turned is None else [_slot(name, value) for name, value in _mirror(turned).items()]
    # Without this Rasa's rules go on to the text for an action server that does not answer.
    listen = [{"event": "followup", "name": "action_listen"}]
    if known < SESSION_EVENTS:
        return [*slots, *listen]
    start = [{"event": "action", "name": "action_session_start"}, {"event": "session_started"}]
    return [*start, *slots, *listen]


def _response(message: Message) -> dict[str, Any]:
    buttons = [
        {"title": button.label, "payload": payload_to_rasa(button.payload)}
        for row in message.buttons
        for button in row
    ]
    return {"text": plain(message), "buttons": buttons}


def _custom(answer: Answer) -> dict[str, Any]:
    messages = [_as_json(kind, message) for kind, message in answer.messages]
    turned = answer.turned
    if turned is None:
        return {"messages": messages}
    state = turned.state
    case = {"reference": turned.reference, "priority": state.path or "routine"} if turned.reference else None
    return {"messages": messages, "language": state.language, "country": state.country, "case": case}


def _as_json(kind: Kind, message: Message) -> dict[str, Any]:
    rows = [
        [{"title": button.label, "payload": payload_to_rasa(button.payload)} for button in row]
        for row in message.buttons
    ]
    shown: dict[str, Any] = {"kind": kind.value, "html": message.html, "rows": rows}
    if message.document is not None:
        shown["file"] = paper_path(message.document)
    return shown


def paper_path(document: Document) -> str:
    """Where the action server has the file: too big for a tracker, which Rasa sends with every call."""
    country = f"?country={document.country}" if document.country else ""
    return f"{PAPERS}{document.language}/{document.name}.pdf{country}"


def _mirror(turned: Turned) -> Mapping[str, str]:
    state: State = turned.state
    return {
        name: turned.reference if not field else str(getattr(state, field)) for name, field in SLOTS.items()
    }


def _slot(name: str, value: str) -> Event:
    return {"event": "slot", "name": name, "value": value or None}


def plain(message: Message) -> str:
    """The words of a message without tags."""
    return html.unescape(_TAGS.sub("", message.html))


def channel_of(events: Iterable[Mapping[str, Any]]) -> str:
    """The channel on which the person wrote last."""
    for event in reversed(list(events)):
        if event.get("event") == "user" and isinstance(event.get("input_channel"), str):
            return str(event["input_channel"])
    return ""
