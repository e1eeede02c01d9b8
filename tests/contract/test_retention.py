"""What is over is forgotten on time, and nothing that is still needed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from bot.core.case import Author, DeliveryState, Outcome
from bot.core.closing import Closing
from bot.core.effects import Kind, Message
from bot.core.ports import TurnUnit
from bot.helpline.service import StaffMember
from bot.helpline.tables import (
    case_lines,
    cases,
    changes,
    conversations,
    inbox,
    outbox,
    sign_in_failures,
    staff_sessions,
    transcript,
)
from tests.contract.world import MOTHER, SPANISH, TEACHER, World


async def rows(world: World, table: Any, *conditions: Any) -> int:
    def count(connection: Connection) -> int:
        query = select(func.count()).select_from(table).where(*conditions)
        return connection.execute(query).scalar_one()

    return await world.store.database.read(count)


async def purge(world: World) -> None:
    await world.store.retention.purge(world.clock.now())


async def closed(world: World, ana: StaffMember, chat: int = MOTHER) -> str:
    reference = await world.opens(chat)
    await world.store.service.claim(ana, reference)
    await world.deliver()
    await world.store.service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    return reference


async def test_nothing_is_removed_early(world: World) -> None:
    await world.says(MOTHER, "words")
    await world.queues(MOTHER, "answer")
    await world.deliver()
    world.clock.advance(hours=11, minutes=59)
    purged = await world.store.retention.purge(world.clock.now())
    assert (purged.transcript, purged.inbox, purged.outbox_texts, purged.conversations) == (0, 0, 0, 0)


async def test_kept_lines_go_after_twelve_hours(world: World) -> None:
    await world.says(MOTHER, "words")
    world.clock.advance(hours=12)
    await purge(world)
    assert await rows(world, transcript) == 0


async def test_sent_texts_go_after_a_day_and_unsent_stay(world: World) -> None:
    await world.queues(MOTHER, "sent", "waiting")
    (first,) = await world.claim()
    await world.store.outbox.sent(first.id, 1)
    world.clock.advance(hours=24)
    await purge(world)
    assert await rows(world, outbox, outbox.c.payload.is_not(None)) == 1
    assert [item.message.html for item in await world.claim()] == ["waiting"]


async def test_done_updates_go_after_two_days_and_waiting_stay(world: World) -> None:
    await world.talk(MOTHER)
    await world.arrive(MOTHER)
    world.clock.advance(hours=48)
    await purge(world)
    assert await rows(world, inbox) == 1
    assert await world.turn() == MOTHER


async def test_dead_letters_go_after_thirty_days(world: World) -> None:
    await world.arrive(MOTHER)
    await world.store.turns.failed(1, "x", final=True)
    world.clock.advance(days=29)
    await purge(world)
    assert await rows(world, inbox) == 1
    world.clock.advance(days=1)
    await purge(world)
    assert await rows(world, inbox) == 0


async def test_a_case_still_shows_the_delivery_of_its_lines(world: World, ana: StaffMember) -> None:
    reference = await closed(world, ana)
    await world.queues(TEACHER, "of no case")
    await world.deliver()
    world.clock.advance(days=31)
    await purge(world)
    found = await world.store.service.case(ana, reference)
    assert {line.delivery for line in found.lines if line.author is Author.BOT} == {DeliveryState.SENT}
    assert await rows(world, outbox, outbox.c.case_id.is_(None)) == 0


async def test_a_closed_case_loses_its_words_after_a_year_and_keeps_its_row(
    world: World, ana: StaffMember
) -> None:
    reference = await closed(world, ana)
    still_open = await world.opens(TEACHER)
    world.clock.advance(days=364)
    await purge(world)
    assert await rows(world, cases, cases.c.data_key.is_not(None)) == 2
    world.clock.advance(days=1)
    await purge(world)
    assert await rows(world, cases, cases.c.data_key.is_not(None)) == 1
    assert {line.text for line in (await world.store.service.case(ana, reference)).lines} == {""}
    open_lines = (await world.store.service.case(ana, still_open)).lines
    assert "help" in {line.text for line in open_lines}
    assert await rows(world, case_lines, case_lines.c.flags == ("violence",)) == 2


async def test_a_silent_chat_is_forgotten_but_not_with_an_open_case(world: World, ana: StaffMember) -> None:
    await world.opens(MOTHER)
    await closed(world, ana, TEACHER)
    world.clock.advance(days=180)
    await purge(world)
    assert await world.remembered(MOTHER) == {"incident": 1}
    assert await world.view(MOTHER) is not None
    assert await world.view(TEACHER) is None
    assert await rows(world, cases) == 2


async def test_a_forgotten_chat_goes_once_its_answer_is_out(world: World) -> None:
    async def forgets(unit: TurnUnit) -> None:
        await unit.load()
        await unit.forget()
        await unit.say(Message("deleted"), Kind.ANSWER)
        await unit.save({"language": "es"}, SPANISH)

    await world.queues(MOTHER, "hello")
    await world.deliver()
    await world.talk(MOTHER, forgets)
    await purge(world)
    assert await world.deliver() == [(MOTHER, "deleted")]
    await purge(world)
    assert await rows(world, conversations) == 0
    assert await rows(world, outbox) == 0


async def test_a_chat_that_goes_on_after_forgetting_stays(world: World) -> None:
    async def forgets(unit: TurnUnit) -> None:
        await unit.forget()

    async def goes_on(unit: TurnUnit) -> None:
        await unit.save({"language": "es"}, SPANISH)

    await world.talk(MOTHER, forgets)
    await world.talk(MOTHER, goes_on)
    await purge(world)
    assert await world.remembered(MOTHER) == {"language": "es"}


async def test_the_stream_sessions_and_failures_go(world: World, ana: StaffMember) -> None:
    await world.opens(MOTHER)
    signed = await world.accounts.sign_in("ana", "correct horse battery", "10.0.0.1")
    await world.accounts.sign_out(signed.token)
    world.clock.advance(days=1)
    await purge(world)
    for table in (changes, staff_sessions, sign_in_failures):
        assert await rows(world, table) == 0


async def test_more_than_a_batch_goes_in_one_purge(world: World) -> None:
    from bot.core.ports import IncomingUpdate

    many = [IncomingUpdate(n, "{}", None) for n in range(1, 1006)]
    await world.store.inbox.store(7001, many)

    def finish(connection: Connection) -> None:
        values = {"state": "done", "finished_at": world.clock.now()}
        connection.execute(inbox.update().values(**values))

    await world.store.database.run(finish)
    world.clock.advance(hours=48)
    assert (await world.store.retention.purge(world.clock.now())).inbox == 1005
