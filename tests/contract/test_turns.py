"""Turns: one at a time for a chat, all or nothing, and no update blocks its chat for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from bot.core.effects import Kind, Message
from bot.core.ports import TurnUnit
from bot.errors import UpdateError
from bot.helpline.tables import inbox, outbox, transcript
from bot.helpline.turns import TRIES
from tests.contract.world import BOT, MOTHER, SPANISH, TEACHER, World


class Broken(Exception):
    """A fault in a turn."""


async def fail(world: World, code: str = "broken", *, final: bool = False) -> bool:
    """The next turn breaks in its middle; whether its update went to the dead letters."""
    numbers: list[int] = []

    async def doing(unit: TurnUnit) -> None:
        numbers.append(unit.inbox_id)
        await unit.say(Message("half"), Kind.ANSWER)
        await unit.save({"half": 1}, SPANISH)
        raise Broken

    with pytest.raises(Broken):
        await world.turn(doing)
    return await world.store.turns.failed(numbers[0], code, final=final)


def _count(connection: Connection) -> tuple[int, int]:
    return len(connection.execute(select(outbox)).all()), len(connection.execute(select(transcript)).all())


async def test_nothing_waits(world: World) -> None:
    assert await world.turn() is None


async def test_a_turn_remembers_and_answers(world: World) -> None:
    async def doing(unit: TurnUnit) -> None:
        assert await unit.load() == ({}, None)
        await unit.say(Message("hello"), Kind.ANSWER)
        await unit.save({"language": "es"}, SPANISH)

    await world.talk(MOTHER, doing)
    assert await world.remembered(MOTHER) == {"language": "es"}
    assert await world.remembered(TEACHER) == {}
    assert await world.deliver() == [(MOTHER, "hello")]


async def test_a_done_update_has_no_content_left(world: World) -> None:
    await world.talk(MOTHER)

    def stored(connection: Connection) -> tuple[object, ...]:
        return tuple(connection.execute(select(inbox.c.state, inbox.c.raw, inbox.c.chat_id)).one())

    assert await world.store.database.read(stored) == ("done", None, None)


async def test_a_fault_leaves_nothing_and_the_update_comes_again(world: World) -> None:
    await world.arrive(MOTHER)
    assert not await fail(world)
    assert await world.store.database.read(_count) == (0, 0)
    async with world.store.turns.next(BOT) as unit:
        assert unit is not None
        assert unit.attempts == 1
        assert await unit.load() == ({}, None)


async def test_the_second_failure_waits_and_holds_back_its_chat_only(world: World) -> None:
    await world.arrive(MOTHER)
    await world.arrive(MOTHER)
    await world.arrive(TEACHER)
    assert not await fail(world)
    assert not await fail(world)
    assert await world.turn() == TEACHER
    assert await world.turn() is None
    world.clock.advance(seconds=2)
    assert await world.turn() == MOTHER
    assert await world.turn() == MOTHER


async def test_the_last_failure_buries_the_update_and_the_chat_goes_on(world: World) -> None:
    await world.arrive(MOTHER)
    await world.arrive(MOTHER)
    for _ in range(TRIES - 1):
        assert not await fail(world)
        world.clock.advance(seconds=2)
    assert await fail(world)
    assert await world.turn() == MOTHER
    assert await world.turn() is None


async def test_a_final_failure_buries_at_once(world: World) -> None:
    await world.arrive(MOTHER)
    assert await fail(world, final=True)
    assert await world.turn() is None


async def test_a_failure_of_a_done_update_changes_nothing(world: World) -> None:
    await world.talk(MOTHER)
    assert not await world.store.turns.failed(1, "late", final=True)
    assert not await world.store.turns.failed(999, "unknown")


async def test_words_never_become_an_error_code(world: World) -> None:
    await world.arrive(MOTHER)
    await fail(world, "Mi hija no quiere vivir", final=True)
    ana = await world.staff()
    assert [letter.code for letter in await world.store.service.dead_letters(ana)] == ["unnamed"]


async def test_the_fallback_is_said_once(world: World) -> None:
    await world.arrive(MOTHER)
    await fail(world, final=True)
    for _ in range(2):
        await world.store.turns.fallback(1, Message("call this number"), Kind.SAFETY)
    assert await world.deliver() == [(MOTHER, "call this number")]


async def test_a_fallback_without_a_chat_is_nothing(world: World) -> None:
    await world.arrive(None)
    await world.store.turns.failed(1, "odd", final=True)
    await world.store.turns.fallback(1, Message("x"), Kind.SAFETY)
    assert await world.deliver() == []


async def test_an_update_without_a_chat_cannot_be_answered(world: World) -> None:
    await world.arrive(None)

    async def doing(unit: TurnUnit) -> None:
        await unit.say(Message("x"), Kind.ANSWER)

    with pytest.raises(UpdateError):
        await world.turn(doing)


async def test_staff_at_work_is_seen_in_the_turn(world: World) -> None:
    seen: list[bool] = []

    async def doing(unit: TurnUnit) -> None:
        seen.append(await unit.on_duty())

    await world.talk(MOTHER, doing)
    await world.staff()
    signed = await world.accounts.sign_in("ana", "correct horse battery", "10.0.0.1")
    await world.talk(MOTHER, doing)
    world.clock.advance(minutes=11)
    await world.talk(MOTHER, doing)
    await world.accounts.session(signed.token)
    await world.talk(MOTHER, doing)
    await world.accounts.sign_out(signed.token)
    await world.talk(MOTHER, doing)
    assert seen == [False, True, False, True, False]


async def test_a_bell_wakes_at_once(world: World) -> None:
    assert await world.turn() is None
    await world.arrive(MOTHER)
    await world.store.turns.wait(3600)
    assert await world.turn() == MOTHER
    await world.store.turns.wait(0)
