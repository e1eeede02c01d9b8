"""A tip a week goes out once, in school hours, and to nobody who waits for help or said stop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from bot.core.effects import Audience, Kind
from bot.core.ports import TurnUnit
from bot.core.state import State, dump
from bot.helpline import open_store
from bot.helpline.tables import weekly_tips
from tests.conftest import KEY, PEPPER
from tests.contract.world import MOTHER, TEACHER, KeyRenderer, World

MONDAY = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
"""Nine o'clock in Costa Rica."""

WANTED = State(language="es", country="cr", role="teacher", weekly=True)


async def subscribe(world: World, chat: int = TEACHER, due: datetime = MONDAY, state: State = WANTED) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.weekly(due)
        await unit.save(dump(state), state.audience)

    await world.talk(chat, doing)


def go_to(world: World, now: datetime) -> None:
    world.clock.advance(seconds=(now - world.clock.now()).total_seconds())


async def sweep_at(world: World, now: datetime) -> list[str]:
    """Sweep, and the texts that go out."""
    go_to(world, now)
    await world.store.weekly.sweep()
    return [text for _, text in await world.deliver()]


async def due_times(world: World) -> list[datetime]:
    def stored(connection: Connection) -> list[datetime]:
        return list(connection.execute(select(weekly_tips.c.due_at)).scalars())

    return await world.store.database.read(stored)


async def test_a_tip_each_week(world: World) -> None:
    await subscribe(world)
    assert await sweep_at(world, MONDAY - timedelta(minutes=1)) == []
    assert await sweep_at(world, MONDAY) == ["es tip abuse_6-9"]
    assert await sweep_at(world, MONDAY + timedelta(days=6)) == []
    assert await sweep_at(world, MONDAY + timedelta(days=7)) == ["es tip bullying_6-9"]


async def test_two_processes_send_it_once(world: World, database_url: str) -> None:
    await subscribe(world)
    go_to(world, MONDAY)
    store = world.store
    other = await open_store(
        database_url, keys=[KEY], pepper=PEPPER, clock=world.clock, renderer=KeyRenderer()
    )
    try:
        sent = await asyncio.gather(store.weekly.sweep(), other.weekly.sweep())
    finally:
        await other.close()
    assert sorted(sent) == [0, 1]
    assert len(await world.deliver()) == 1


async def test_a_late_tip_waits_for_school(world: World) -> None:
    """The bot was away over the morning: nothing is sent at night or at the weekend."""
    await subscribe(world)
    saturday = datetime(2026, 12, 5, 15, 0, tzinfo=UTC)
    assert await sweep_at(world, saturday) == []
    assert await due_times(world) == [datetime(2026, 12, 7, 15, 0, tzinfo=UTC)]
    assert await sweep_at(world, datetime(2026, 12, 7, 15, 0, tzinfo=UTC)) == ["es tip abuse_6-9"]


async def test_nobody_is_written_to_while_a_case_is_open(world: World) -> None:
    await subscribe(world, MOTHER)
    await world.opens(MOTHER)
    await world.deliver()
    assert await sweep_at(world, MONDAY) == []


async def test_nobody_is_written_to_in_the_safety_path(world: World) -> None:
    await subscribe(world, state=State(language="es", country="cr", weekly=True, path="urgent"))
    assert await sweep_at(world, MONDAY) == []
    assert await due_times(world) == [MONDAY + timedelta(days=1)]


async def test_stop_ends_it(world: World) -> None:
    await subscribe(world)

    async def stops(unit: TurnUnit) -> None:
        await unit.load()
        await unit.weekly(None)
        await unit.save(dump(State(language="es")), Audience("es"))

    await world.talk(TEACHER, stops)
    assert await due_times(world) == []
    assert await sweep_at(world, MONDAY) == []


async def test_who_is_forgotten_is_not_written_to(world: World) -> None:
    await subscribe(world)

    async def forgets(unit: TurnUnit) -> None:
        await unit.load()
        await unit.forget()
        await unit.save({}, Audience("es"))

    await world.talk(TEACHER, forgets)
    assert await due_times(world) == []


async def test_who_blocked_the_bot_is_not_written_to_and_the_row_goes(world: World) -> None:
    await subscribe(world)

    async def blocks(unit: TurnUnit) -> None:
        await unit.load()
        await unit.mark_unreachable(True)
        await unit.save(dump(WANTED), WANTED.audience)

    await world.talk(TEACHER, blocks)
    assert await sweep_at(world, MONDAY) == []
    assert await due_times(world) == []


async def test_a_second_wish_sends_no_second_tip(world: World) -> None:
    await subscribe(world)
    await subscribe(world)
    assert len(await sweep_at(world, MONDAY)) == 1


async def test_many_are_reached_in_one_sweep(world: World) -> None:
    for chat in range(1000, 1060):
        await subscribe(world, chat)
    assert len(await sweep_at(world, MONDAY)) == 60


async def test_a_tip_is_a_notice(world: World) -> None:
    """It goes out before answers wait for it, and is never repeated where delivery is doubtful."""
    await subscribe(world)
    go_to(world, MONDAY)
    await world.store.weekly.sweep()
    (claimed,) = await world.claim()
    assert claimed.kind is Kind.NOTICE
