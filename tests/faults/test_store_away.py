"""The database goes away in the middle: an error that says so, nothing half done, and on it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.core.effects import Kind, Message
from bot.core.ports import TurnUnit
from bot.errors import StoreUnavailable
from bot.helpline import open_store
from bot.helpline.staff import StaffAccounts
from tests.clock import FixedClock
from tests.conftest import KEY, PEPPER
from tests.contract.world import BOT, CHEAP, MOTHER, SPANISH, KeyRenderer, World
from tests.postgres import PostgresServer


@pytest.fixture
async def world(postgres_server: PostgresServer, fixed_clock: FixedClock) -> AsyncIterator[World]:
    url = await postgres_server.fresh()
    store = await open_store(url, keys=[KEY], pepper=PEPPER, clock=fixed_clock, renderer=KeyRenderer())
    yield World(
        store, fixed_clock, StaffAccounts(store.database, store.keyring, fixed_clock, CHEAP, waive_codes=True)
    )
    await store.close()
    await postgres_server.give_back(url)


async def test_a_turn_that_loses_its_connection_comes_again(
    world: World, postgres_server: PostgresServer
) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await postgres_server.cut()
        await unit.say(Message("lost"), Kind.ANSWER)
        await unit.save({"n": 1}, SPANISH)

    await world.arrive(MOTHER)
    with pytest.raises(StoreUnavailable):
        await world.turn(doing)
    assert await world.turn() == MOTHER
    assert await world.remembered(MOTHER) == {}
    assert await world.deliver() == []


async def test_a_store_that_is_away_stores_nothing_and_then_all(
    world: World, postgres_server: PostgresServer
) -> None:
    await world.arrive(MOTHER)
    await postgres_server.cut()
    with pytest.raises(StoreUnavailable):
        await world.arrive(MOTHER)
    await world.arrive(MOTHER)
    assert [await world.turn() for _ in range(3)] == [MOTHER, MOTHER, None]


async def test_a_deliverer_that_lost_its_connections_still_owns_what_it_sends(
    world: World, postgres_server: PostgresServer
) -> None:
    await world.queues(MOTHER, "numbers", kind=Kind.SAFETY)
    (item,) = await world.claim()
    await postgres_server.cut()
    with pytest.raises(StoreUnavailable):
        await world.store.outbox.sent(item.id, 1)
    world.clock.advance(seconds=5)
    assert await world.claim() == []
    await world.store.outbox.sent(item.id, 1)
    world.clock.advance(seconds=5)
    assert await world.store.outbox.claim(BOT, 9) == []


async def test_errors_hold_no_words_and_no_secrets(world: World, postgres_server: PostgresServer) -> None:
    await world.arrive(MOTHER)
    await postgres_server.cut()
    with pytest.raises(StoreUnavailable) as caught:
        await world.arrive(MOTHER, "mi hija no quiere vivir")
    chain = [caught.value, caught.value.__cause__]
    assert not any("mi hija" in str(error) or str(MOTHER) in str(error) for error in chain)
