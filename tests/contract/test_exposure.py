"""Whoever had several hard cases gets lighter ones first, but never lets danger or delay wait."""

from __future__ import annotations

import pytest

from bot.core.effects import OpenCase
from bot.core.ports import TurnUnit
from bot.core.taxonomy import Priority
from bot.helpline.exposure import LATELY, MANY
from bot.helpline.service import StaffMember
from tests.contract.world import SPANISH, World


async def opens(world: World, chat: int, priority: Priority, *flags: str) -> str:
    """A case with these flags; its reference."""
    found: list[str] = []

    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        found.append(await unit.open_case(OpenCase(1, priority, flags, "abuse/disclosure", None), SPANISH))

    await world.talk(chat, doing)
    return found[0]


@pytest.fixture
async def ana(world: World) -> StaffMember:
    """Who took as many hard cases as are enough for a while."""
    ana = await world.staff()
    for chat in range(MANY):
        kind = (Priority.EMERGENCY, "violence") if chat % 2 else (Priority.URGENT, "sexual_harm")
        reference = await opens(world, 900 + chat, kind[0], kind[1])
        await world.store.service.claim(ana, reference)
    return ana


async def hard(world: World, who: StaffMember) -> int:
    return (await world.store.service.queue(who)).hard


async def test_lighter_ones_come_first_and_hard_ones_are_not_left_over(
    world: World, ana: StaffMember
) -> None:
    service, ben = world.store.service, await world.staff("ben", "Ben")
    heavy = await opens(world, 1, Priority.URGENT, "self_harm", "child_user")
    world.clock.advance(minutes=1)
    light = await opens(world, 2, Priority.URGENT, "violence")
    assert (await hard(world, ana), await hard(world, ben)) == (MANY, 0)
    assert await service.take_next(ana) == light
    assert await service.take_next(ana) == heavy  # nothing lighter waits
    again = [
        await opens(world, chat, Priority.URGENT, flag) for chat, flag in ((3, "self_harm"), (4, "violence"))
    ]
    assert await service.take_next(ben) == again[0]


async def test_danger_to_life_and_what_is_late_never_wait_for_somebody_fresher(
    world: World, ana: StaffMember
) -> None:
    service = world.store.service
    await opens(world, 1, Priority.ROUTINE)
    emergency = await opens(world, 2, Priority.EMERGENCY, "self_harm")
    assert await service.take_next(ana) == emergency
    late = await opens(world, 3, Priority.URGENT, "sexual_harm")
    world.clock.advance(hours=1)
    assert await service.take_next(ana) == late


async def test_after_eight_hours_it_is_another_day(world: World, ana: StaffMember) -> None:
    world.clock.advance(hours=LATELY.total_seconds() / 3600)
    assert await hard(world, ana) == 0
    heavy = await opens(world, 1, Priority.URGENT, "self_harm")
    await opens(world, 2, Priority.URGENT, "violence")
    assert await world.store.service.take_next(ana) == heavy


async def test_only_who_works_on_cases_has_such_a_number(world: World, ana: StaffMember) -> None:
    partner = await world.accounts.add("pat", "Pat", "correct horse battery", "partner")
    assert await hard(world, partner) == 0
