"""Many at the same moment: each update handled once, each case taken once, each message sent once."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.core.effects import Kind, Message, OpenCase
from bot.core.ports import ChatId, IncomingUpdate, Record, TurnUnit
from bot.core.taxonomy import Priority
from bot.errors import Conflict
from bot.helpline import Store, open_store
from tests.conftest import KEY, PEPPER
from tests.contract.world import BOT, MOTHER, SPANISH, KeyRenderer, World

CHATS = 200


async def _opens(unit: TurnUnit) -> None:
    await unit.load()
    await unit.open_case(OpenCase(1, Priority(unit.inbox_id % 3 + 1), ("violence",), "abuse", None), SPANISH)


async def _drain(world: World) -> None:
    while await world.turn(_opens) is not None:
        pass


async def open_many(world: World) -> None:
    updates = [IncomingUpdate(number, "{}", number) for number in range(1, CHATS + 1)]
    assert await world.store.inbox.store(BOT, updates) == CHATS
    await asyncio.gather(*(_drain(world) for _ in range(4)))


async def test_twenty_who_take_the_next_never_take_the_same(world: World) -> None:
    await open_many(world)
    members = [await world.staff(f"staff{number}", f"Staff {number}") for number in range(20)]
    taken: Counter[str] = Counter()

    async def works(number: int) -> None:
        while (reference := await world.store.service.take_next(members[number])) is not None:
            taken[reference] += 1

    await asyncio.gather(*(works(number) for number in range(20)))
    # One who looks while the last rows are locked by others may leave early; nobody is left over.
    await works(0)
    assert len(taken) == CHATS
    assert set(taken.values()) == {1}
    assert len(await world.deliver()) == CHATS


async def test_twenty_who_claim_one_case_are_one_holder(world: World) -> None:
    reference = await world.opens(MOTHER)
    members = [await world.staff(f"staff{number}", f"Staff {number}") for number in range(20)]
    results = await asyncio.gather(
        *(world.store.service.claim(member, reference) for member in members), return_exceptions=True
    )
    assert Counter(type(result) for result in results) == {type(None): 1, Conflict: 19}
    joined = [text for _, text in await world.deliver() if "staff_joined" in text]
    assert len(joined) == 1


async def test_the_same_reply_pressed_twice_at_once_goes_once(world: World) -> None:
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    await world.store.service.claim(ana, reference)
    await world.deliver()
    sends = [world.store.service.reply(ana, reference, "hello", seen=99, token="same") for _ in range(5)]
    assert len(set(await asyncio.gather(*sends))) == 1
    assert len(await world.deliver()) == 1


async def test_workers_of_several_processes_keep_the_order_of_each_chat(
    world: World, database_url: str
) -> None:
    """Three stores stand for three processes (on SQLite they wait for each other's lock)."""
    stores = [world.store] + [
        await open_store(database_url, keys=[KEY], pepper=PEPPER, clock=world.clock, renderer=KeyRenderer())
        for _ in range(2)
    ]
    chats, each = 6, 8
    updates = [IncomingUpdate(n, str(n), n % chats + 1) for n in range(chats * each)]
    await world.store.inbox.store(BOT, updates)
    handled: dict[ChatId, list[int]] = {chat: [] for chat in range(1, chats + 1)}
    busy: set[ChatId] = set()
    done = asyncio.Event()

    async def work(store: Store) -> None:
        while not done.is_set():
            async with store.turns.next(BOT) as unit:
                if unit is None:
                    await asyncio.sleep(0)
                    continue
                assert unit.chat_id is not None
                assert unit.chat_id not in busy, "two turns of one chat"
                busy.add(unit.chat_id)
                handled[unit.chat_id].append(int(unit.raw))
                await unit.say(Message(unit.raw), Kind.ANSWER)
                await asyncio.sleep(0)
                busy.discard(unit.chat_id)
            if sum(map(len, handled.values())) == len(updates):
                done.set()

    await asyncio.gather(*(work(store) for store in stores for _ in range(2)))
    assert handled == {chat: [u.update_id for u in updates if u.chat_id == chat] for chat in handled}
    sent: dict[ChatId, list[int]] = {chat: [] for chat in handled}

    async def deliver(store: Store) -> None:
        while claimed := await store.outbox.claim(BOT, 3):
            for item in claimed:
                sent[item.chat_id].append(int(item.message.html))
                await store.outbox.sent(item.id, 1)

    await asyncio.gather(*(deliver(store) for store in stores))
    await deliver(world.store)
    assert sent == handled
    for store in stores[1:]:
        await store.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_starting_process_leaves_alone_what_a_living_one_sends(
    world: World, database_url: str
) -> None:
    await world.queues(MOTHER, "numbers", kind=Kind.SAFETY)
    (item,) = await world.claim()
    other = await open_store(
        database_url, keys=[KEY], pepper=PEPPER, clock=world.clock, renderer=KeyRenderer()
    )
    await other.outbox.recover(BOT)
    assert await other.outbox.claim(BOT, 9) == []
    await world.store.close()
    world.clock.advance(seconds=5)
    assert [again.id for again in await other.outbox.claim(BOT, 9)] == [item.id]
    await other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_slow_turn_holds_up_neither_delivery_nor_a_look(world: World) -> None:
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    await world.queues(MOTHER, "two")
    (first,) = await world.claim()
    await world.arrive(MOTHER)
    async with world.store.turns.next(BOT) as unit, asyncio.timeout(4):
        assert unit is not None
        await unit.load()
        await world.store.outbox.sent(first.id, 1)
        assert [item.message.html for item in await world.claim()] == ["two"]
        await world.store.service.case(ana, reference)
        await world.arrive(MOTHER, danger=("violence",))
        await unit.record(Record("person", "words"))
