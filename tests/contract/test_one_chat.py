"""A channel that asks for its answers is handed one chat's turns and messages, and no other's."""

from __future__ import annotations

from bot.core.effects import Kind, Message
from bot.core.ports import IncomingUpdate, TurnUnit
from tests.contract.world import BOT, World

ROSA, OTHER = "rosa@web", "502"


async def arrive(world: World, chat: str, number: int, text: str = "hello") -> None:
    await world.store.inbox.store(BOT, [IncomingUpdate(number, text, chat)])


async def answers(world: World, chat: str, *texts: str) -> str | None:
    """The next turn of a chat, which says these texts; what it was about."""
    async with world.store.turns.next(BOT, chat) as unit:
        if unit is None:
            return None
        assert unit.chat_id == chat
        for text in texts:
            await unit.say(Message(text), Kind.ANSWER)
        return unit.raw


async def said(world: World, chat: str) -> list[str]:
    claimed = await world.store.outbox.claim_chat(BOT, chat)
    for item in claimed:
        assert item.chat_id == chat
        await world.store.outbox.sent(item.id, 0)
    return [item.message.html for item in claimed]


async def test_the_turns_of_one_chat_come_in_order_and_no_others(world: World) -> None:
    await arrive(world, OTHER, 1, "theirs")
    await arrive(world, ROSA, 2, "one")
    await arrive(world, ROSA, 3, "two")
    assert [await answers(world, ROSA) for _ in range(3)] == ["one", "two", None]
    assert await answers(world, OTHER) == "theirs"


async def test_a_number_and_the_same_digits_as_text_are_two_chats(world: World) -> None:
    await arrive(world, OTHER, 1)
    await world.store.inbox.store(BOT, [IncomingUpdate(2, "number", int(OTHER))])
    assert await answers(world, OTHER, "to the text") == "hello"
    assert await answers(world, OTHER) is None

    async def doing(unit: TurnUnit) -> None:
        assert unit.chat_id == int(OTHER)

    assert await world.turn(doing) == int(OTHER)
    assert await said(world, OTHER) == ["to the text"]


async def test_all_of_a_chat_is_handed_over_at_once_in_order_and_only_once(world: World) -> None:
    for number, chat in enumerate((ROSA, OTHER, ROSA), 1):
        await arrive(world, chat, number)
    await answers(world, ROSA, "one", "two")
    await answers(world, OTHER, "theirs")
    await answers(world, ROSA, "three")
    assert await said(world, ROSA) == ["one", "two", "three"]
    assert await said(world, ROSA) == []
    assert await said(world, OTHER) == ["theirs"]


async def test_what_waits_is_seen_after_a_while_and_not_marked(world: World) -> None:
    await arrive(world, ROSA, 1)
    await answers(world, ROSA, "one", "two")
    assert await world.store.outbox.waiting(BOT, 3, 10) == []
    world.clock.advance(seconds=4)
    assert await world.store.outbox.waiting(BOT + 1, 3, 10) == []
    assert await world.store.outbox.waiting(BOT, 3, 10) == [ROSA]
    assert await said(world, ROSA) == ["one", "two"]
    assert await world.store.outbox.waiting(BOT, 3, 10) == []
