"""What the dialogue wants done. The turn stores effects; adapters carry them out.

Nothing here holds a sentence: a block names an entry of ``responses/`` and the renderer
turns it into words for the person's language, country and role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.contact import SafeContact
from bot.core.handout import Document
from bot.core.taxonomy import Priority


class Kind(StrEnum):
    """What a message is for; delivery treats an uncertain one by its kind."""

    ANSWER = "answer"
    SAFETY = "safety"
    STAFF = "staff"
    NOTICE = "notice"


class Part(StrEnum):
    """The parts of a guidance entry; ``FIRST`` is acknowledgement and steps, ``QUESTION`` the question."""

    FIRST = "first"
    QUESTION = "question"
    MORE = "more"
    SAY = "say"
    AVOID = "avoid"


class SafetyPart(StrEnum):
    """The parts of a safety text."""

    ACKNOWLEDGE = "acknowledge"
    STEPS = "steps"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of everyday.yml (``everyday.welcome``) or safety.yml (``safety.call_now``).

    ``params`` fill placeholders; the renderer escapes them. ``{safe_word}`` is always filled.
    """

    key: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guidance:
    """A part of the guidance on an intent, in the person's role (parent where that role has none)."""

    intent: str
    part: Part


@dataclass(frozen=True, slots=True)
class Safety:
    """A part of the safety text for a flag, in the person's role."""

    flag: str
    part: SafetyPart


@dataclass(frozen=True, slots=True)
class Services:
    """Services of the person's country of these kinds, best first, at most ``limit`` a kind.

    With the country unknown, or nothing of these kinds in it, the worldwide directory is shown.
    """

    kinds: tuple[str, ...]
    limit: int = 2
    worldwide: tuple[str, ...] = ()
    always: bool = False
    """Services that are open day and night before others of their kind."""
    open_now: bool = False
    """Only what may be open at this hour: what surely is goes first, and unknown hours are named as unknown."""


@dataclass(frozen=True, slots=True)
class PlatformHelp:
    """How to do ``actions`` (report_message, block, …) on a platform."""

    platform: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandList:
    """The commands with what each does, one a line."""


@dataclass(frozen=True, slots=True)
class LessonText:
    """Lesson material: ``card`` and ``more`` are the two messages of a card, ``tip`` its weekly tip.

    ``name`` is the card's id; for ``sheet``, the family sheet, it is the topic.
    """

    part: str
    name: str


@dataclass(frozen=True, slots=True)
class LessonList:
    """Lesson cards to choose from, each with ages and minutes."""

    names: tuple[str, ...]


Block = Phrase | Guidance | Safety | Services | PlatformHelp | CommandList | LessonText | LessonList


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its payload (at most 64 bytes) and its label.

    ``label`` names an entry: ``buttons.more``. ``country:cr``, ``language:gn``, ``platform:whatsapp``,
    ``topic:bullying/victim``, ``lesson:bullying_6-9`` and ``ages:6-9`` are names;
    ``answer:bullying/victim:calm`` is an answer to a question.
    """

    label: str
    payload: str


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Say:
    """One message to the person: blocks in order, each its own paragraph, and rows of buttons."""

    blocks: tuple[Block, ...]
    buttons: Rows = ()
    kind: Kind = Kind.ANSWER
    document: str = ""
    """A lesson card or sheet that goes out as a file with the words as its caption (`handout.Document`)."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Put the conversation into the helpline's queue; opened once for each ``incident`` of a chat."""

    incident: int
    priority: Priority
    flags: tuple[str, ...]
    intent: str
    confirmed: bool | None
    """True: the person wants it; None: not answered yet."""


@dataclass(frozen=True, slots=True)
class RaiseCase:
    """Add flags to the open case; its priority only ever rises."""

    priority: Priority
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfirmCase:
    """What the person said of the open case: a person wanted, only information, or a misunderstanding."""

    answer: str
    """``person``, ``information`` or ``wrong``."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase what is kept about the person; an open case stays with the staff."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """Take the bot's messages of the last 48 hours out of the chat; older ones Telegram keeps."""


@dataclass(frozen=True, slots=True)
class SetContact:
    """Keep when and how the helpline may write first."""

    contact: SafeContact


@dataclass(frozen=True, slots=True)
class Release:
    """The person answered the neutral question: what waited behind it goes out."""


@dataclass(frozen=True, slots=True)
class Count:
    """Count something for the statistics, a day and a language at a time, and nothing about the person."""

    what: str
    """A short name: ``helped_yes``, ``erased``, ``campaign:school12``."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Begin (or end) a tip a week for a teacher."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class MarkUnreachable:
    """The person can (not) be written to."""

    unreachable: bool


Effect = (
    Say
    | OpenCase
    | RaiseCase
    | ConfirmCase
    | Forget
    | Weekly
    | MarkUnreachable
    | Wipe
    | SetContact
    | Release
    | Count
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the words are for. ``country`` and ``role`` may be unknown (empty)."""

    language: str
    country: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class RenderedButton:
    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message in words: Telegram HTML (tags b and i, everything else escaped), at most 4096 characters."""

    html: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    document: Document | None = None
    """A file to send with this message; it is made at delivery. A caption holds 1024 characters."""
