"""The live stream misses nothing and tells nothing; the numbers say what waits."""

from __future__ import annotations

import asyncio

from bot.core.case import Outcome
from bot.core.closing import Closing
from bot.core.taxonomy import Priority
from bot.helpline.changes import note
from bot.helpline.service import StaffMember
from tests.contract.world import BOT, MOTHER, TEACHER, World


async def what(world: World, seq: int = 0) -> list[str]:
    return [change.what for change in await world.store.service.changes_since(await watcher(world), seq)]


async def watcher(world: World) -> StaffMember:
    """Somebody of the default helpline."""
    known = {member.login: member for member in await world.accounts.members()}
    return known.get("watch") or await world.staff("watch", "Watch")


async def test_a_quiet_helpline_has_no_changes(world: World) -> None:
    await world.queues(MOTHER, "answer")
    await world.deliver()
    assert await what(world) == []
    assert await world.store.service.latest_change() == 0


async def test_each_step_of_a_case_is_a_change(world: World) -> None:
    ana = await world.staff()
    service = world.store.service
    reference = await world.opens(MOTHER, Priority.EMERGENCY)
    await service.claim(ana, reference)
    await world.deliver()
    await world.says(MOTHER, "more")
    await service.close(
        ana, reference, Closing(Outcome.SUPPORTED, note="nobody else", tell=False, alone=True)
    )
    assert await what(world) == ["opened", "line", "claimed", "delivery", "delivery", "line", "closed"]
    changes = await service.changes_since(await watcher(world), 0)
    assert {(change.reference, change.priority) for change in changes} == {(reference, Priority.EMERGENCY)}
    assert [change.seq for change in changes] == sorted({change.seq for change in changes})


async def test_a_reader_asks_only_for_what_is_new(world: World) -> None:
    await world.opens(MOTHER)
    latest = await world.store.service.latest_change()
    assert await what(world, latest) == []
    await world.opens(TEACHER)
    assert await what(world, latest) == ["opened", "line"]


async def test_a_dead_letter_is_a_change_of_no_case(world: World) -> None:
    await world.arrive(MOTHER)
    await world.store.turns.failed(1, "x", final=True)
    (change,) = await world.store.service.changes_since(await watcher(world), 0)
    assert (change.what, change.reference, change.priority) == ("dead_letter", "", None)


async def test_a_bell_wakes_the_stream(world: World) -> None:
    assert await what(world) == []
    await world.opens(MOTHER)
    await world.store.service.wait_for_change(3600)
    assert await what(world) == ["opened", "line"]


async def test_a_later_number_is_never_seen_before_an_earlier_one(world: World) -> None:
    database, now = world.store.database, world.clock.now()
    await watcher(world)
    async with database.write() as transaction:
        await transaction.run(note, [(None, "first")], now)
        second = asyncio.create_task(database.run(note, [(None, "second")], now))
        await asyncio.wait([second], timeout=0.05)
        assert await what(world) == []
    await second
    assert await what(world) == ["first", "second"]


async def test_the_numbers_of_a_quiet_helpline(world: World) -> None:
    numbers = await world.store.stats.numbers()
    assert (numbers.inbox_waiting, numbers.inbox_oldest, numbers.dead_letters) == (0, 0.0, 0)
    assert (numbers.outbox_queued, numbers.outbox_oldest, numbers.outbox_uncertain) == (0, 0.0, 0)
    assert set(numbers.cases_open.values()) == {0}
    assert numbers.cases_overdue == 0


async def test_the_numbers_say_what_waits_and_since_when(world: World) -> None:
    await world.opens(MOTHER, Priority.EMERGENCY)
    (first,) = await world.claim()
    await world.store.outbox.sent(first.id, 1)
    await world.queues(TEACHER, "x")
    (second,) = await world.claim()
    await world.store.outbox.uncertain(second.id)
    await world.queues(TEACHER, "y")
    await world.arrive(TEACHER)
    await world.store.turns.failed(4, "x", final=True)
    await world.arrive(TEACHER)
    world.clock.advance(minutes=6)
    numbers = await world.store.stats.numbers()
    assert (numbers.inbox_waiting, numbers.inbox_oldest, numbers.dead_letters) == (1, 360.0, 1)
    assert (numbers.outbox_queued, numbers.outbox_oldest, numbers.outbox_uncertain) == (1, 360.0, 1)
    came = (numbers.received, numbers.handled, numbers.waiting, numbers.given_up)
    assert came[0] == sum(came[1:])
    assert came[2:] == (1, 1)
    assert (numbers.telegram_pending, numbers.telegram_asked) == (None, None)
    await world.store.stats.telegram_holds(BOT, 9)
    await world.store.stats.telegram_holds(BOT, 3)
    world.clock.advance(seconds=30)
    later = await world.store.stats.numbers()
    assert (later.telegram_pending, later.telegram_asked) == (3, 30.0)
    assert numbers.cases_open[Priority.EMERGENCY] == 1
    assert numbers.cases_overdue == 1
