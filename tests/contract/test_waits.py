"""How long people waited is measured from answered cases, an hour of the day at a time, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.taxonomy import Priority
from bot.helpline.staff import StaffMember
from bot.helpline.waits import FEWEST, nine_of_ten
from tests.contract.world import World

URGENT = int(Priority.URGENT)


async def answered(world: World, ana: StaffMember, chat: int, minutes: int) -> None:
    """A case that got its first answer after so many minutes; the clock is set back to its beginning."""
    reference = await world.opens(chat, Priority.URGENT)
    world.clock.advance(minutes=minutes)
    await world.store.service.claim(ana, reference)
    detail = await world.store.service.case(ana, reference)
    await world.store.service.reply(ana, reference, "here", seen=detail.last_line, token=f"t{chat}")
    world.clock.advance(minutes=-minutes)


async def test_waiting_is_measured_once_an_hour_and_only_with_enough_cases(world: World) -> None:
    ana = await world.staff()
    sweep, clock = world.store.service.sweep, world.clock
    for chat in range(FEWEST - 1):
        await answered(world, ana, chat, 10)
    await sweep(clock.now())
    assert await lately(world) is None
    await answered(world, ana, FEWEST, 70)
    await sweep(clock.now())
    assert await lately(world) is None
    clock.advance(hours=1)
    await sweep(clock.now())
    assert await lately(world) == timedelta(minutes=70)
    clock.advance(days=29)
    await sweep(clock.now())
    assert await lately(world) is None


async def lately(world: World) -> timedelta | None:
    line = await world.store.helplines.by_code("default")
    return line.waited(Priority.URGENT, world.clock.now())


def test_an_hour_is_taken_together_with_its_neighbours_over_midnight() -> None:
    found = nine_of_ten([(URGENT, 23, 60 * n) for n in range(1, 11)])
    hours = found[Priority.URGENT]
    assert [hours[hour] for hour in (22, 23, 0, 1)] == [9, 9, 9, 0]
    assert found[Priority.EMERGENCY] == (0,) * 24


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2)])
def test_minutes_are_rounded_up(seconds: int, minutes: int) -> None:
    assert nine_of_ten([(URGENT, 12, seconds)] * FEWEST)[Priority.URGENT][12] == minutes
