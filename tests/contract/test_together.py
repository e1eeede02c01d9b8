"""Short texts that come at once are one turn; danger waits for nothing."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.core.ports import IncomingUpdate, TurnUnit
from bot.helpline.inbox import PATIENCE
from tests.contract.world import BOT, World

CHAT = 7


async def arrives(
    world: World, text: str, *, plain: bool = True, patient: bool = True, danger: tuple[str, ...] = ()
) -> None:
    number = next(world.numbers)
    raw = json.dumps({"update_id": number, "text": text})
    update = IncomingUpdate(number, raw, CHAT, danger, plain=plain, patient=patient)
    await world.store.inbox.store(BOT, [update])


async def texts_of_turn(world: World) -> list[str]:
    """The texts of the next turn; empty where none is due."""
    found: list[str] = []

    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        found.extend(json.loads(raw)["text"] for raw in (unit.raw, *unit.others))

    await world.turn(doing)
    return found


async def test_short_texts_within_a_moment_are_one_turn(world: World) -> None:
    await arrives(world, "one")
    assert await texts_of_turn(world) == []
    world.clock.advance(seconds=1)
    await arrives(world, "two")
    world.clock.advance(seconds=1)
    assert await texts_of_turn(world) == []
    world.clock.advance(seconds=PATIENCE.total_seconds())
    assert await texts_of_turn(world) == ["one", "two"]
    assert await texts_of_turn(world) == []


async def test_who_writes_without_end_is_answered_all_the_same(world: World) -> None:
    for number in range(8):
        await arrives(world, str(number))
        world.clock.advance(seconds=1)
        if answered := await texts_of_turn(world):
            break
    assert answered
    assert timedelta(seconds=number + 1) <= 4 * PATIENCE


async def test_danger_does_not_wait_and_takes_what_stood_before_it_along(world: World) -> None:
    await arrives(world, "hello")
    await arrives(world, "help", patient=False, danger=("violence",))
    assert await texts_of_turn(world) == ["hello", "help"]


async def test_a_button_ends_the_waiting_and_is_a_turn_of_its_own(world: World) -> None:
    await arrives(world, "one")
    await arrives(world, "button", plain=False, patient=False)
    await arrives(world, "two")
    assert await texts_of_turn(world) == ["one"]
    assert await texts_of_turn(world) == ["button"]
    assert await texts_of_turn(world) == []


async def test_after_a_failure_each_text_goes_alone(world: World) -> None:
    await arrives(world, "poison")
    await arrives(world, "two")
    world.clock.advance(seconds=5)
    ids: list[int] = []

    async def fails(unit: TurnUnit) -> None:
        ids.append(unit.inbox_id)
        raise ValueError

    try:
        await world.turn(fails)
    except ValueError:
        await world.store.turns.failed(ids[0], "value_error")
    assert await texts_of_turn(world) == ["poison"]
    assert await texts_of_turn(world) == ["two"]
