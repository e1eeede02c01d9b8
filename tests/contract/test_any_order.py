"""Whatever people, staff, Telegram and crashes do, in any order: nothing lost, doubled or lowered."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.core.case import LEASE, Outcome
from bot.core.closing import Closing
from bot.core.effects import Kind, Message, OpenCase, RaiseCase
from bot.core.ports import ChatId, OutgoingMessage, Record, TurnUnit
from bot.core.taxonomy import Priority
from bot.errors import Conflict, SecondNeeded
from bot.helpline import open_store
from bot.helpline.service import StaffMember
from bot.helpline.staff import StaffAccounts
from tests.clock import FixedClock
from tests.conftest import KEY, PEPPER
from tests.contract.world import BOT, CHEAP, SPANISH, KeyRenderer, World
from tests.postgres import PostgresServer

CHATS = (11, 12, 13)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(CHATS), st.booleans()),
        st.tuples(st.just("turn"), st.just("well")),
        st.tuples(st.just("turn"), st.sampled_from(["well", "broken"])),
        st.tuples(st.just("take"), st.integers(0, 1)),
        st.tuples(st.just("reply"), st.integers(0, 1), st.integers(0, 3)),
        st.tuples(st.just("leave"), st.integers(0, 1), st.sampled_from(["release", "close"])),
        st.tuples(st.just("claim"), st.integers(1, 4)),
        st.tuples(st.just("answer"), st.sampled_from(["sent", "retry", "uncertain", "crash"])),
        st.tuples(st.just("wait"), st.integers(1, 600)),
    ),
    min_size=5,
    max_size=60,
)

EMERGENCY_ENDED: list[tuple[Any, ...]] = [
    ("write", 11, False),
    ("turn", "well"),
    ("write", 11, True),
    ("turn", "well"),
    ("take", 0),
    ("leave", 0, "close"),
]


class Broken(Exception):
    """A fault in a turn."""


class Model:
    """What must be true, kept beside the store. Each step of `STEPS` is a method."""

    def __init__(self, world: World, staff: list[StaffMember]) -> None:
        self.world = world
        self.staff = staff
        self.incident = 0
        self.answers: dict[ChatId, list[str]] = {chat: [] for chat in CHATS}
        self.replies: list[str] = []
        self.arrived: dict[ChatId, list[str]] = {chat: [] for chat in CHATS}
        self.doubted: Counter[str] = Counter()
        self.handled: Counter[int] = Counter()
        self.buried: set[int] = set()
        self.air: list[OutgoingMessage] = []
        self.leases: dict[str, tuple[int, datetime]] = {}
        self.highest: dict[str, Priority] = {}
        self.written = 0

    async def write(self, chat: int, danger: bool) -> None:
        await self.world.arrive(chat, "words", ("violence",) if danger else ())
        self.written += 1

    async def turn(self, how: str) -> None:
        taken: list[tuple[int, ChatId, str]] = []

        async def doing(unit: TurnUnit) -> None:
            assert unit.chat_id is not None
            taken.append((unit.inbox_id, unit.chat_id, f"answer {unit.inbox_id}"))
            await self._something(unit)
            if how == "broken":
                raise Broken

        try:
            await self.world.turn(doing)
        except Broken:
            if await self.world.store.turns.failed(taken[0][0], "broken"):
                self.buried.add(taken[0][0])
            return
        for inbox_id, chat, text in taken:
            self.handled[inbox_id] += 1
            self.answers[chat].append(text)

    async def _something(self, unit: TurnUnit) -> None:
        _, case = await unit.load()
        priority = Priority(unit.inbox_id % 3 + 1)
        await unit.record(Record("person", "words"))
        await unit.say(Message(f"answer {unit.inbox_id}"), Kind.SAFETY if unit.danger else Kind.ANSWER)
        if case is not None and case.open:
            await unit.raise_case(RaiseCase(priority, ("violence",)))
        elif unit.danger:
            self.incident += 1
            await unit.open_case(OpenCase(self.incident, priority, ("violence",), "abuse", None), SPANISH)
        await unit.save({"n": unit.inbox_id}, SPANISH)

    def holder(self, reference: str) -> int | None:
        who, until = self.leases.get(reference, (None, self.world.clock.now()))
        return who if until > self.world.clock.now() else None

    def holds(self, reference: str, who: int) -> None:
        self.leases[reference] = (who, self.world.clock.now() + LEASE)

    async def take(self, who: int) -> None:
        reference = await self.world.store.service.take_next(self.staff[who])
        if reference is not None:
            assert self.holder(reference) is None, "held by two"
            self.holds(reference, who)

    async def reply(self, who: int, token: int) -> None:
        for reference in list(self.highest):
            text = f"{reference} {token}"
            known = text in self.replies
            try:
                await self.world.store.service.reply(
                    self.staff[who], reference, text, seen=10**9, token=str(token)
                )
            except Conflict:
                assert known or self.holder(reference) != who, "the holder could not write"
                continue
            if not known:
                assert self.holder(reference) == who, "somebody else could write"
                self.replies.append(text)
                self.holds(reference, who)

    async def leave(self, who: int, how: str) -> None:
        service, member = self.world.store.service, self.staff[who]
        for reference in [name for name in self.leases if self.holder(name) == who]:
            if how == "release":
                await service.release(member, reference, "for the next one")
            else:
                await self._close(member, reference)
            del self.leases[reference]

    async def _close(self, member: StaffMember, reference: str) -> None:
        """Nobody looks at a case with its holder here, so an emergency is ended alone, with the reason."""
        service, closing = self.world.store.service, Closing(Outcome.SUPPORTED, tell=True)
        if self.highest[reference] is Priority.EMERGENCY:
            with pytest.raises(SecondNeeded):
                await service.close(member, reference, closing)
            closing = replace(closing, alone=True, note="nobody else is on duty")
        await service.close(member, reference, closing)

    async def claim(self, limit: int) -> None:
        self.air += await self.world.claim(limit)
        lanes = [item.chat_id for item in self.air]
        assert len(lanes) == len(set(lanes)), "two messages of a chat in the air"

    async def answer(self, how: str) -> None:
        outbox = self.world.store.outbox
        if how == "crash":
            await outbox.recover(BOT)
            self.doubted.update(item.message.html for item in self.air)
            self.air = []
        elif self.air:
            item = self.air.pop(0)
            if how == "sent":
                await outbox.sent(item.id, 1)
                self.arrived[item.chat_id].append(item.message.html)
            elif how == "retry":
                await outbox.retry(item.id, 3)
            else:
                await outbox.uncertain(item.id)
                self.doubted[item.message.html] += 1

    async def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)
        await self.world.store.service.sweep(self.world.clock.now())

    async def check(self) -> None:
        rows = (await self.world.store.service.queue(self.staff[0])).rows
        assert len(rows) <= len(CHATS), "two open cases of a chat"
        for row in rows:
            assert row.priority >= self.highest.get(row.reference, row.priority), "a priority fell"
            self.highest[row.reference] = row.priority

    async def finish(self) -> None:
        """All that waits is handled and delivered; then the sums must come out."""
        self.world.clock.advance(minutes=1)  # what failed before is due again
        while await self.world.turn(self._counted) is not None:
            pass
        while self.air:
            await self.answer("sent")
        self.world.clock.advance(minutes=1)
        for chat, text in await self.world.deliver():
            self.arrived[chat].append(text)
        assert set(self.handled.values()) <= {1}
        assert len(self.handled) + len(self.buried) == self.written
        for chat in CHATS:
            came = [text for text in self.arrived[chat] if text.startswith("answer")]
            sure = [text for text in self.answers[chat] if not self.doubted[text]]
            assert [text for text in came if not self.doubted[text]] == sure, "lost, doubled or out of order"
        everything = Counter(text for texts in self.arrived.values() for text in texts)
        for text in self.replies:
            sent = [count for words, count in everything.items() if words.startswith(f"{text}\n")]
            doubted = any(words.startswith(f"{text}\n") for words in self.doubted)
            assert sent == [1] or (doubted and sent == []), "a reply was lost or doubled"

    async def _counted(self, unit: TurnUnit) -> None:
        assert unit.chat_id is not None
        await self._something(unit)
        self.handled[unit.inbox_id] += 1
        self.answers[unit.chat_id].append(f"answer {unit.inbox_id}")


async def play(url: str, steps: list[tuple[Any, ...]]) -> None:
    clock = FixedClock()
    store = await open_store(url, keys=[KEY], pepper=PEPPER, clock=clock, renderer=KeyRenderer())
    try:
        world = World(
            store, clock, StaffAccounts(store.database, store.keyring, clock, CHEAP, waive_codes=True)
        )
        model = Model(world, [await world.staff("ana", "Ana"), await world.staff("ben", "Ben")])
        for name, *values in steps:
            await getattr(model, name)(*values)
            await model.check()
        await model.finish()
    finally:
        await store.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
@example(EMERGENCY_ENDED)
def test_any_order_on_sqlite(sqlite_template: Path, steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(sqlite_template, Path(folder) / "amparo.db")
        asyncio.run(play(f"sqlite:///{path}", steps))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
@example(EMERGENCY_ENDED)
def test_any_order_on_postgresql(postgres_server: PostgresServer, steps: list[tuple[Any, ...]]) -> None:
    async def fresh() -> None:
        url = await postgres_server.fresh()
        try:
            await play(url, steps)
        finally:
            await postgres_server.give_back(url)

    asyncio.run(fresh())
