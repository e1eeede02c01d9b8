"""Updates are stored once, hidden, and a danger is seen when it arrives."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.core.ports import ChatId, IncomingUpdate
from bot.helpline.tables import inbox
from tests.contract.world import BOT, MOTHER, TEACHER, World


def update(number: int, chat: int | None = MOTHER, danger: tuple[str, ...] = ()) -> IncomingUpdate:
    return IncomingUpdate(number, f'{{"n":{number}}}', chat, danger)


async def test_duplicates_are_ignored(world: World) -> None:
    store = world.store.inbox.store
    assert await store(BOT, [update(1), update(2), update(2)]) == 2
    assert await store(BOT, [update(2), update(3)]) == 1


async def test_another_bot_has_its_own_numbers(world: World) -> None:
    assert await world.store.inbox.store(BOT, [update(1)]) == 1
    assert await world.store.inbox.store(BOT + 1, [update(1)]) == 1
    assert await world.turn() == MOTHER
    assert await world.turn() is None


async def test_an_empty_batch_is_nothing(world: World) -> None:
    assert await world.store.inbox.store(BOT, []) == 0


async def test_a_large_batch_keeps_its_order(world: World) -> None:
    assert await world.store.inbox.store(BOT, [update(n) for n in range(300, 0, -1)]) == 300
    async with world.store.turns.next(BOT) as unit:
        assert unit is not None
        assert unit.raw == '{"n":300}'


async def test_nothing_of_the_person_is_readable(world: World) -> None:
    await world.store.inbox.store(BOT, [IncomingUpdate(1, '{"text":"mi hija"}', 5550123)])

    def stored(connection: Connection) -> bytes:
        row = connection.execute(select(inbox)).one()
        return b"".join(bytes(value) for value in row if isinstance(value, bytes))

    content = await world.store.database.read(stored)
    assert b"mi hija" not in content
    assert b"5550123" not in content


async def test_a_chat_with_danger_goes_first_and_keeps_its_order(world: World) -> None:
    await world.arrive(TEACHER)
    await world.arrive(MOTHER, "first")
    await world.arrive(MOTHER, "second", danger=("self_harm",))
    seen: list[tuple[ChatId | None, tuple[str, ...]]] = []
    for _ in range(3):
        async with world.store.turns.next(BOT) as unit:
            assert unit is not None
            seen.append((unit.chat_id, unit.danger))
    assert seen == [(MOTHER, ()), (MOTHER, ("self_harm",)), (TEACHER, ())]


async def test_updates_without_a_chat_wait_for_nobody(world: World) -> None:
    await world.arrive(None)
    await world.arrive(None)
    async with world.store.turns.next(BOT) as unit:
        assert unit is not None
        assert unit.chat_id is None
    async with world.store.turns.next(BOT) as unit:
        assert unit is not None
        assert unit.chat_id is None
