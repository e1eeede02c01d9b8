"""A store with a clock that stands still, and short words for what people and staff do."""

from __future__ import annotations

import html
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import argon2

from bot.core.case import CaseView
from bot.core.effects import Audience, Kind, LessonText, Message, OpenCase, Phrase, Say
from bot.core.handout import Document, Handout
from bot.core.lessons import CardFacts
from bot.core.ports import ChatId, IncomingUpdate, OutgoingMessage, Record, TurnUnit
from bot.core.reading import Evidence, FlagHit
from bot.core.taxonomy import Priority
from bot.helpline import Store
from bot.helpline.service import StaffMember
from bot.helpline.staff import StaffAccounts
from tests.clock import FixedClock

BOT = 7001
MOTHER, TEACHER = 501, 502
SPANISH = Audience("es", "cr", "parent")


class KeyRenderer:
    """Says the keys of phrases and their parameters in place of words."""

    def render(self, say: Say, audience: Audience, now: datetime) -> tuple[Message, ...]:
        parts = [
            " ".join([audience.language, block.key, *block.params.values()])
            if isinstance(block, Phrase)
            else f"{audience.language} {block.part} {block.name}"
            for block in say.blocks
            if isinstance(block, Phrase | LessonText)
        ]
        return (Message(html.escape("\n".join(parts), quote=False)),)

    def safe_word(self) -> str:
        return "help"

    def draft(self, language: str) -> bool:
        return False

    def offered_languages(self) -> tuple[str, ...]:
        return ("es", "en")

    def guidance_answers(self, intent: str) -> Sequence[Mapping[str, str]]:
        return ()

    def guidance_facts(self, intent: str) -> Mapping[str, tuple[str, ...]]:
        return {}

    def platforms(self, actions: Sequence[str]) -> tuple[str, ...]:
        return ()

    def closest_language(self, code: str) -> str:
        return code if code in ("es", "en") else "es"

    def has_service(self, country: str, kind: str) -> bool:
        return True

    def timezone(self, country: str) -> ZoneInfo | None:
        return ZoneInfo("America/Costa_Rica") if country == "cr" else None

    def lesson_cards(self, language: str) -> tuple[CardFacts, ...]:
        return (CardFacts("abuse_6-9", "abuse", "6-9", 30), CardFacts("bullying_6-9", "bullying", "6-9", 15))

    def handout(self, document: Document, now: datetime) -> Handout:
        raise AssertionError("the store makes no files")


Doing = Callable[[TurnUnit], Awaitable[None]]


async def nothing(unit: TurnUnit) -> None:
    """A turn that only loads."""
    await unit.load()


@dataclass
class World:
    """What tests do with a store."""

    store: Store
    clock: FixedClock
    accounts: StaffAccounts
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def arrive(self, chat: int | None, text: str = "hello", danger: tuple[str, ...] = ()) -> int:
        """An update comes in; its number."""
        number = next(self.numbers)
        raw = json.dumps({"update_id": number, "text": text})
        await self.store.inbox.store(BOT, [IncomingUpdate(number, raw, chat, danger)])
        return number

    async def turn(self, doing: Doing = nothing) -> ChatId | None:
        """The next turn; the chat it was of, or None where nothing waits."""
        async with self.store.turns.next(BOT) as unit:
            if unit is None:
                return None
            await doing(unit)
            return unit.chat_id

    async def talk(self, chat: int, doing: Doing = nothing) -> None:
        """An update of a chat, and its turn."""
        await self.arrive(chat)
        assert await self.turn(doing) == chat

    async def says(self, chat: int, text: str, *flags: str, parting: bool = False) -> None:
        """The person writes a text and it is kept."""

        async def doing(unit: TurnUnit) -> None:
            await unit.load()
            hits = tuple(FlagHit(flag, 1.0, (Evidence(0, 2, "rule:x"),)) for flag in flags)
            await unit.record(Record("person", text, hits, parting=parting))

        await self.talk(chat, doing)

    async def opens(
        self, chat: int, priority: Priority = Priority.URGENT, incident: int = 1, text: str = "help"
    ) -> str:
        """The person writes something that opens a case; its reference."""
        references: list[str] = []

        async def doing(unit: TurnUnit) -> None:
            await unit.load()
            await unit.record(Record("person", text, (FlagHit("violence", 1.0),)))
            effect = OpenCase(incident, priority, ("violence",), "abuse/physical", None)
            references.append(await unit.open_case(effect, SPANISH))
            await unit.say(Message("<b>numbers</b>"), Kind.SAFETY)
            await unit.save({"incident": incident}, SPANISH)

        await self.talk(chat, doing)
        return references[0]

    async def view(self, chat: int) -> CaseView | None:
        """The newest case as a turn sees it."""
        views: list[CaseView | None] = []

        async def doing(unit: TurnUnit) -> None:
            views.append((await unit.load())[1])

        await self.talk(chat, doing)
        return views[0]

    async def remembered(self, chat: int) -> Mapping[str, Any]:
        """The remembered state as a turn sees it."""
        states: list[Mapping[str, Any]] = []

        async def doing(unit: TurnUnit) -> None:
            states.append((await unit.load())[0])

        await self.talk(chat, doing)
        return states[0]

    async def queues(self, chat: int, *texts: str, kind: Kind = Kind.ANSWER) -> None:
        """A turn that says these texts."""

        async def doing(unit: TurnUnit) -> None:
            await unit.load()
            for text in texts:
                await unit.say(Message(text), kind)

        await self.talk(chat, doing)

    async def claim(self, limit: int = 30) -> Sequence[OutgoingMessage]:
        return await self.store.outbox.claim(BOT, limit)

    async def deliver(self) -> list[tuple[ChatId, str]]:
        """Everything that can go out goes out; chats and texts in order."""
        gone: list[tuple[ChatId, str]] = []
        while claimed := await self.claim():
            for item in claimed:
                await self.store.outbox.sent(item.id, 10_000 + item.id)
                gone.append((item.chat_id, item.message.html))
        return gone

    async def staff(self, login: str = "ana", name: str = "Ana") -> StaffMember:
        return await self.accounts.add(login, name, "correct horse battery")


CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id with the least costs, so that tests need not wait."""
