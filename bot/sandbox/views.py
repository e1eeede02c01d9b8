"""What the chat page and the tests' people see: plain values, no Bot API forms."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox.media import KINDS
from bot.sandbox.model import Human, Message
from bot.sandbox.text import Json


def message_view(message: Message, bot_id: int) -> Json:
    """A message: ``from_bot`` or not, text with entities, media, rows of buttons, times in Unix seconds."""
    content = message.content
    return {
        "id": message.message_id,
        "from_bot": message.sender_id == bot_id,
        "sender": message.sender_id,
        "date": message.date,
        "edited": bool(message.edit_date),
        "text": message.text,
        "entities": content.get("entities") or content.get("caption_entities") or [],
        "media": _media(content),
        "buttons": message.keyboard or [],
        "reply_to": message.reply_to,
        "forwarded": message.forwarded,
        "seen": message.seen,
        "seq": message.seq,
    }


def person_view(human: Human, messages: Sequence[Message]) -> Json:
    """A person with what a list of chats shows: the newest message and how many were not read."""
    last = messages[-1] if messages else None
    unread = sum(1 for m in messages if m.sender_id != human.id and m.message_id > human.read)
    return {
        **human.row(),
        "unread": unread,
        "last": None if last is None else {"text": _summary(last), "date": last.date, "id": last.message_id},
    }


def _media(content: Json) -> Json | None:
    kind = next((name for name in KINDS if name in content), None)
    if kind is None:
        return None
    about = content[kind] if isinstance(content[kind], dict) else {}
    return {
        "kind": kind,
        "name": str(about.get("file_name", "")),
        "size": int(about.get("file_size", 0)),
        "seconds": int(about.get("duration", 0)),
        "file": str(about.get("file_id", "")),
    }


def _summary(message: Message) -> str:
    media = _media(message.content)
    text = " ".join(message.text.split())[:120]
    return f"{media['kind']}: {text}".strip(": ") if media else text
