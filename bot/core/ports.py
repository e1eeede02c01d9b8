"""What the rules need from the world. Every implementation passes the same contract tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.core.case import CaseView
from bot.core.contact import SafeContact
from bot.core.effects import Audience, ConfirmCase, Kind, Message, OpenCase, RaiseCase, Say
from bot.core.handout import Document, Handout
from bot.core.helplines import Helpline
from bot.core.lessons import CardFacts
from bot.core.reading import FlagHit, Reading


class Clock(Protocol):
    """The time, handed in so that tests need not wait."""

    def now(self) -> datetime:
        """Now, aware, UTC."""
        ...


class TextReader(Protocol):
    """Reads a text, here or by asking another server."""

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        """Raises `MatcherUnavailable` where it cannot; never anything else."""
        ...


class DangerScan(Protocol):
    """The pattern layer alone: quick, and needs no model."""

    def scan(self, text: str) -> tuple[FlagHit, ...]: ...


class ContentFacts(Protocol):
    """What the dialogue must know of ``responses/``, apart from the words."""

    def safe_word(self) -> str: ...

    def draft(self, language: str) -> bool:
        """Whether texts of this language still await a native reviewer."""
        ...

    def offered_languages(self) -> tuple[str, ...]:
        """Languages with complete safety texts, which alone are offered to people."""
        ...

    def closest_language(self, code: str) -> str:
        """The offered language nearest to a code such as ``pt-BR``: itself, or its declared fallback."""
        ...

    def guidance_answers(self, intent: str) -> Sequence[Mapping[str, str]]:
        """The answers to the intent's question: ``id``, ``goes`` and perhaps ``flag``."""
        ...

    def guidance_facts(self, intent: str) -> Mapping[str, tuple[str, ...]]:
        """``contacts``, ``services``, ``platform`` and ``related`` of the intent."""
        ...

    def platforms(self, actions: Sequence[str]) -> tuple[str, ...]:
        """Ids of the platforms for which one of these actions is described."""
        ...

    def has_service(self, country: str, kind: str) -> bool:
        """Whether a service of this kind can be shown for the country."""
        ...

    def timezone(self, country: str) -> ZoneInfo | None:
        """The time zone of a country (its capital's); None where the country is not known."""
        ...

    def lesson_cards(self, language: str) -> tuple[CardFacts, ...]:
        """The lesson cards that a reader of this language can be given, by topic and age."""
        ...


@dataclass(frozen=True, slots=True)
class Paper:
    """A file ready to be sent."""

    name: str
    data: bytes


class Papers(Protocol):
    """Makes the files that messages name, when they are delivered."""

    async def make(self, document: Document) -> Paper:
        """Raises `HandoutError` or `ContentError` where it cannot be made."""
        ...


class Renderer(ContentFacts, Protocol):
    """Turns blocks into words of ``responses/``."""

    def render(self, say: Say, audience: Audience, now: datetime) -> tuple[Message, ...]:
        """One message, or more where the words do not fit into one; buttons go to the last."""
        ...

    def handout(self, document: Document, now: datetime) -> Handout:
        """What stands on a printed page. Raises `ContentError` where there is none of that name."""
        ...


ChatId = int | str
"""A chat as its channel names it: Telegram by a number, Rasa by the sender's id."""


@dataclass(frozen=True, slots=True)
class IncomingUpdate:
    """A raw update as it came. ``chat_id`` is None where none could be found in it."""

    update_id: int
    raw: str
    chat_id: ChatId | None
    danger: tuple[str, ...] = ()
    plain: bool = False
    """A text in a private chat, which may be read together with those before and behind it."""
    patient: bool = False
    """A short plain text without danger: it waits a moment for the next one."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A stored message on its way to Telegram."""

    id: int
    chat_id: ChatId
    kind: Kind
    message: Message
    attempts: int
    wipe: tuple[int, ...] | None = None
    """Instead of a message: ids of the bot's own messages that are to go from the chat."""


@dataclass(frozen=True, slots=True)
class Record:
    """A line for the transcript: who, in words, with what the matcher saw in it."""

    author: str
    text: str
    flags: tuple[FlagHit, ...] = ()
    edited: bool = False
    parting: bool = False
    """A thank-you or a goodbye and nothing else: it brings no ended case back."""


class Inbox(Protocol):
    """Where updates are stored before Telegram is told that they arrived."""

    async def attended(self, bot_id: int, chat_id: ChatId) -> bool:
        """Whether somebody of the staff has this chat now, so that the bot keeps silent."""
        ...

    async def store(self, bot_id: int, updates: Sequence[IncomingUpdate]) -> int:
        """Store and commit a batch; known update ids are ignored. Returns how many were new.

        Raises `StoreUnavailable` where nothing was stored.
        """
        ...


class TurnUnit(Protocol):
    """One update in work, inside one database transaction."""

    inbox_id: int
    raw: str
    chat_id: ChatId | None
    received_at: datetime
    danger: tuple[str, ...]
    attempts: int
    others: Sequence[str]
    """Raw updates that follow at once and are read together with this one; usually none."""

    async def load(self) -> tuple[Mapping[str, Any], CaseView | None]:
        """The conversation's remembered state (empty for a new one) and its newest case."""
        ...

    async def save(self, state: Mapping[str, Any], audience: Audience) -> None:
        """Remember the state; the audience is also kept on an open case."""
        ...

    async def say(self, message: Message, kind: Kind) -> None:
        """Put a message into the outbox; delivered after the commit, in this order."""
        ...

    async def record(self, record: Record) -> None:
        """Keep a line: in the open case if there is one, otherwise for some hours (law 4)."""
        ...

    async def open_case(self, effect: OpenCase, audience: Audience) -> str:
        """Open a case with the lines kept so far; a second time for the same incident changes nothing.

        Returns the case's reference.
        """
        ...

    async def raise_case(self, effect: RaiseCase) -> None: ...

    async def confirm_case(self, effect: ConfirmCase) -> None:
        """``wrong`` closes a case nobody holds as a false alarm, without its text."""
        ...

    async def forget(self) -> bool:
        """Erase state, kept lines and closed cases' words. Returns whether an open case stays."""
        ...

    async def mark_unreachable(self, unreachable: bool) -> None: ...

    async def weekly(self, due: datetime | None) -> None:
        """A tip a week from ``due`` on; None ends it."""
        ...

    async def on_duty(self) -> bool:
        """Whether somebody of the staff is at work now."""
        ...

    async def at_work(self) -> frozenset[int]:
        """Ids of the helplines that have somebody at work now."""
        ...

    async def helplines(self) -> Sequence[Helpline]:
        """The helplines with their hours; perhaps a minute old."""
        ...

    async def contact(self) -> SafeContact:
        """When and how the helpline may write first, as the person chose."""
        ...

    async def set_contact(self, contact: SafeContact) -> None: ...

    async def release(self) -> None:
        """What waited for the answer to a neutral question is due now."""
        ...

    async def wipe(self) -> None:
        """Behind all that is on its way, take the bot's messages of the last 48 hours out of the chat."""
        ...

    async def count(self, what: str) -> None:
        """Add one to a figure of the statistics, which knows day and language and nobody."""
        ...


class Turns(Protocol):
    """Hands out updates one by one: per chat strictly in order, chats in parallel."""

    def next(
        self, bot_id: int, chat_id: ChatId | None = None
    ) -> AbstractAsyncContextManager[TurnUnit | None]:
        """The next update, of one chat where it is named, or None.

        Leaving the block commits; an exception rolls everything back.
        """
        ...

    async def failed(self, inbox_id: int, code: str, *, final: bool = False) -> bool:
        """Count a failure (``code`` holds no human text). Returns whether it went to the dead letters."""
        ...

    async def wait(self, seconds: float) -> None:
        """Until something new may be there, or so many ``seconds``."""
        ...

    async def fallback(self, inbox_id: int, message: Message, kind: Kind) -> None:
        """Put a message for a dead letter's chat into the outbox, once an update."""
        ...


class Outbox(Protocol):
    """Messages on their way out; states as in `DeliveryState`."""

    async def recover(self, bot_id: int) -> None:
        """At start: what was being sent when a process died is settled by its kind."""
        ...

    async def claim(self, bot_id: int, limit: int) -> Sequence[OutgoingMessage]:
        """Mark due messages as sending, at most one a chat, the gravest kind first, and return them."""
        ...

    async def claim_chat(self, bot_id: int, chat_id: ChatId) -> Sequence[OutgoingMessage]:
        """Mark all due messages of one chat as sending, in order, and return them."""
        ...

    async def waiting(self, bot_id: int, seconds: float, limit: int) -> Sequence[ChatId]:
        """Chats with a due message that is older than so many ``seconds``; nothing is marked."""
        ...

    async def sent(self, message_id: int, telegram_id: int) -> None: ...

    async def retry(self, message_id: int, after: float) -> None:
        """Not accepted: due again in ``after`` seconds; holds back this chat only."""
        ...

    async def uncertain(self, message_id: int) -> None:
        """Perhaps delivered: a safety text becomes due again, anything else stays for people to see."""
        ...

    async def unreachable(self, message_id: int) -> None:
        """The person cannot be written to: all that waits for this chat is marked so."""
        ...

    async def rejected(self, message_id: int, code: str) -> None: ...

    async def wait(self, seconds: float) -> None: ...
