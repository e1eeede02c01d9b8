"""From a tracker to the update that is stored, and from there to the event of the turn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.actions.call import BadCall, Call
from bot.actions.names import ANSWER, COMMANDS, PRESETS, RASA, SLOTS
from bot.core.cleantext import clean
from bot.core.dialogue.commands import command_of
from bot.core.dialogue.payloads import MAX_BYTES, parse
from bot.core.events import AnyEvent, Commanded, Media, Pressed, Said, SentMedia
from bot.core.ports import DangerScan, IncomingUpdate
from bot.core.rasa import NoRanking, payload_from_rasa, ranking_of
from bot.core.reading import Ranked
from bot.errors import UpdateError

Raw = dict[str, Any]
_MOST_RANKED = 10


def incoming(call: Call, intents: Collection[str], scan: DangerScan) -> IncomingUpdate:
    """The update that a call brings. Raises `BadCall` where it holds no message of the person."""
    message = _last_message(call)
    raw = _raw(call, message, intents)
    danger = tuple(sorted({hit.name for hit in scan.scan(_words(raw))}))
    text = json.dumps(raw, ensure_ascii=False)
    return IncomingUpdate(_number(call, message), text, call.sender, danger)


def event_of(raw: Raw, at: datetime) -> AnyEvent:
    """The event in a stored update. Raises `UpdateError` where there is none."""
    language = str(raw.get("language", ""))
    match raw:
        case {"pressed": str() as payload}:
            return Pressed(at, language, payload=payload)
        case {"command": str() as name, "text": str() as words}:
            return Commanded(at, language, name=name, argument=words)
        case {"media": str() as media, "text": str() as words} if media in set(Media):
            return SentMedia(at, language, media=Media(media), caption=words)
        case {"text": str() as words}:
            edited, forwarded = raw.get("edited") is True, raw.get("forwarded") is True
            return Said(at, language, text=words, edited=edited, forwarded=forwarded)
    raise UpdateError("malformed update (no message)")


def language_of(call: Call) -> str:
    """The language to apologise in: the slot's, or what the person's client says; perhaps empty."""
    users = (event for event in reversed(call.events) if event["event"] == "user")
    told = _text(_map(next(users, {}), "metadata"), "language")
    return (call.slots.get("amparo_language") or told)[:16]


def ranking_in(raw: Raw) -> tuple[Ranked, ...]:
    """The intents that Rasa named, or nothing."""
    return tuple(Ranked(name, confidence) for name, confidence in raw.get("ranking", ()))


def _last_message(call: Call) -> Mapping[str, Any]:
    users = (event for event in reversed(call.events) if event["event"] == "user")
    found: Mapping[str, Any] | None = next(users, None)
    if found is None:
        raise BadCall("tracker.events holds no message of the person")
    if not isinstance(found.get("text"), str | None):
        raise BadCall("tracker.events: the text of the last message is not a text")
    if _map(found, "metadata").get("is_external"):
        raise BadCall("tracker.events: the last message was not written by the person")
    return found


def _raw(call: Call, message: Mapping[str, Any], intents: Collection[str]) -> Raw:
    text = clean(message.get("text") or "")
    metadata = _map(message, "metadata")
    raw: Raw = {"language": _text(metadata, "language")[:16], "preset": _preset(call.slots)}
    media = _text(metadata, "media")
    if call.action in COMMANDS:
        return {**raw, "command": COMMANDS[call.action], "text": _spoken(text)}
    if call.action != ANSWER:
        raise BadCall("next_action does not answer messages")
    if media in set(Media):
        return {**raw, "media": media, "text": _spoken(text)}
    if text.startswith("/"):
        return {**raw, **_slashed(text, _shown(call.events))}
    for mark in ("edited", "forwarded"):
        raw[mark] = metadata.get(mark) is True
    return {**raw, "text": text, "ranking": _ranking(message, intents)}


def _slashed(text: str, shown: Collection[str]) -> Raw:
    """A press, or a command with words behind it: both come as a text that begins with a slash."""
    payload = payload_from_rasa(text.strip())
    parsed = parse(payload) if len(payload.encode(errors="replace")) <= MAX_BYTES else None
    if parsed is not None and (parsed.slots or "/" in parsed.name or text.strip() in shown):
        return {"pressed": payload}
    name, words = command_of(text)
    return {"command": name, "text": words}


def _spoken(text: str) -> str:
    """The person's words in a text that an action of its own answers; a press has none."""
    if not text.startswith("/"):
        return text
    return "" if parse(payload_from_rasa(text.strip())) is not None else command_of(text)[1]


def _shown(events: Iterable[Mapping[str, Any]]) -> set[str]:
    """Payloads of the buttons that were shown in this conversation."""
    found = set()
    for event in events:
        buttons = _map(event, "data").get("buttons") if event["event"] == "bot" else None
        for button in buttons if isinstance(buttons, list) else ():
            if isinstance(button, dict) and isinstance(button.get("payload"), str):
                found.add(button["payload"])
    return found


def _ranking(message: Mapping[str, Any], intents: Collection[str]) -> list[tuple[str, float]]:
    """Rasa's intents; where it named none of ours, the local matcher's will do."""
    try:
        ranking = ranking_of(_map(message, "parse_data"), intents)
    except NoRanking:
        return []
    return [(item.name, item.confidence) for item in ranking[:_MOST_RANKED]]


def _preset(slots: Mapping[str, Any]) -> dict[str, str]:
    return {SLOTS[name]: slots[name][:16] for name in PRESETS if slots.get(name)}


def _number(call: Call, message: Mapping[str, Any]) -> int:
    """The same message always has the same number, so that a call that comes twice is answered once."""
    place = [message.get("message_id"), message.get("timestamp"), message.get("text")]
    text = json.dumps([RASA, call.sender, call.action, place], default=str)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def _words(raw: Raw) -> str:
    return str(raw.get("text", ""))


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(value: Mapping[str, Any], key: str) -> str:
    inner = value.get(key)
    return clean(inner) if isinstance(inner, str) else ""
