"""People, groups and messages of the stand-in, and their form in the Bot API."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from bot.sandbox.keyboard import Keyboard
from bot.sandbox.text import Json


@dataclass(slots=True)
class Row:
    """Something that is stored as it is."""

    def row(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, row: Json) -> Self:
        return cls(**row)


@dataclass(slots=True)
class Human(Row):
    """A person who writes. ``country`` and ``note`` are for the page alone: Telegram does not send them.

    ``language`` is the code of the person's Telegram client, empty where it tells none.
    """

    id: int
    first_name: str
    language: str = ""
    country: str = ""
    note: str = ""
    started: bool = False
    blocked: bool = False
    read: int = 0
    """The newest message the person has seen."""

    def user(self) -> Json:
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        return {**user, "language_code": self.language} if self.language else user

    def chat(self) -> Json:
        return {"id": self.id, "first_name": self.first_name, "type": "private"}


@dataclass(slots=True)
class Group(Row):
    """A basic group; ``bot`` is the bot's own status in it (member, left or kicked)."""

    id: int
    title: str
    members: list[int] = field(default_factory=list)
    bot: str = "left"

    def chat(self) -> Json:
        return {"id": self.id, "title": self.title, "type": "group", "all_members_are_administrators": True}


@dataclass(slots=True)
class Message(Row):
    """A message of either side. ``content`` holds text and entities, or media and caption, as Telegram names them.

    Times are Unix seconds. ``seen``: the bot confirmed the update. ``seq`` grows with every change.
    """

    chat_id: int
    message_id: int
    sender_id: int
    date: int
    content: Json
    edit_date: int = 0
    keyboard: Keyboard | None = None
    reply_to: int = 0
    forwarded: bool = False
    seen: bool = False
    seq: int = 0

    @property
    def text(self) -> str:
        """Its text or caption."""
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def key(self) -> str:
        return f"{self.chat_id}:{self.message_id}"


@dataclass(slots=True)
class Press(Row):
    """A button that was pressed, until the bot answers."""

    id: str
    person_id: int
    chat_id: int
    message_id: int
    at: int


def api_message(message: Message, sender: Json, chat: Json, reply: Json | None = None) -> Json:
    """The message as the Bot API shows it."""
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "from": sender,
        "chat": chat,
        "date": message.date,
    }
    if message.edit_date:
        shown["edit_date"] = message.edit_date
    if message.forwarded:
        origin = {"type": "hidden_user", "date": message.date, "sender_user_name": "Somebody else"}
        shown["forward_origin"] = origin
    if reply is not None:
        shown["reply_to_message"] = reply
    shown.update({name: value for name, value in message.content.items() if value not in ((), [])})
    if message.keyboard:
        shown["reply_markup"] = {"inline_keyboard": message.keyboard}
    return shown
