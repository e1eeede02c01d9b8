"""What can happen in a conversation. Adapters translate their updates into these.

Text in an event is the person's own; it is stored only encrypted and never logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.reading import Reading


class Media(StrEnum):
    """Kinds of message without text that can be answered, none of which is ever fetched."""

    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``at`` (aware, UTC). ``client_language`` is what Telegram's client says."""

    at: datetime
    client_language: str = ""


@dataclass(frozen=True, slots=True)
class Said(Event):
    """The person wrote a text, or edited one; ``reading`` is what the matcher made of it.

    ``forwarded``: the words are somebody else's.
    """

    text: str = ""
    reading: Reading | None = None
    edited: bool = False
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Pressed(Event):
    """A button was pressed. ``payload`` is hostile input like any other."""

    payload: str = ""


@dataclass(frozen=True, slots=True)
class Commanded(Event):
    """A ``/command`` with the text behind it. ``/start`` carries the deep link's parameter."""

    name: str = ""
    argument: str = ""
    reading: Reading | None = None
    """Commands can carry words (``/start my child is in danger``): they are read for danger too."""


@dataclass(frozen=True, slots=True)
class SentMedia(Event):
    """A message that is not text; a caption is read like a text."""

    media: Media = Media.OTHER
    caption: str = ""
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Blocked(Event):
    """The person blocked the bot: nothing can be delivered any more."""


@dataclass(frozen=True, slots=True)
class Unblocked(Event):
    """The person can be written to again."""


@dataclass(frozen=True, slots=True)
class InGroup(Event):
    """The bot was added to a group, or spoken to in one; the chat is the group's."""


AnyEvent = Said | Pressed | Commanded | SentMedia | Blocked | Unblocked | InGroup
