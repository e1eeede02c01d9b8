"""What staff write goes out when, and behind the words that, the person chose."""

from __future__ import annotations

import pytest

from bot.core.case import Outcome
from bot.core.closing import Closing
from bot.core.contact import SafeContact
from bot.core.effects import Kind, Message
from bot.core.ports import TurnUnit
from bot.core.taxonomy import Priority
from bot.helpline.staff import StaffMember
from tests.contract.world import BOT, SPANISH, World

CHAT = 7
TO_NIGHT = 17
"""Hours from the clock's noon, UTC, to eleven at night in Costa Rica."""


@pytest.fixture
async def ana(world: World) -> StaffMember:
    return await world.accounts.add("ana", "Ana", "a long enough password")


async def chooses(world: World, contact: SafeContact) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.set_contact(contact)
        await unit.save({"incident": 1}, SPANISH)

    await world.talk(CHAT, doing)


async def delivered(world: World) -> list[str]:
    """Everything that goes out now."""
    found = []
    while claimed := await world.store.outbox.claim(BOT, 10):
        for item in claimed:
            found.append(item.message.html)
            await world.store.outbox.sent(item.id, item.id)
    return found


async def written_at_night(world: World, ana: StaffMember, contact: SafeContact) -> list[str]:
    """A case, the choice, and an hour later a member of staff who writes; what goes out."""
    world.clock.advance(hours=TO_NIGHT)
    reference = await world.opens(CHAT)
    await chooses(world, contact)
    world.clock.advance(hours=1)
    await delivered(world)
    await world.store.service.claim(ana, reference)
    detail = await world.store.service.case(ana, reference)
    await world.store.service.reply(ana, reference, "I am here", seen=detail.last_line, token="t1")
    return await delivered(world)


async def test_at_any_hour_goes_out_at_once(world: World, ana: StaffMember) -> None:
    assert any("I am here" in text for text in await written_at_night(world, ana, SafeContact("any")))


async def test_outside_the_chosen_hours_nothing_goes_out_and_in_them_all(
    world: World, ana: StaffMember
) -> None:
    assert await written_at_night(world, ana, SafeContact("morning")) == []
    world.clock.advance(hours=8, minutes=30)  # half past eight in the morning
    assert any("I am here" in text for text in await delivered(world))


async def test_what_waits_for_its_hour_does_not_hold_back_the_bots_answers(
    world: World, ana: StaffMember
) -> None:
    await written_at_night(world, ana, SafeContact("morning"))
    await world.queues(CHAT, "the numbers", kind=Kind.SAFETY)
    assert await delivered(world) == ["the numbers"]


async def test_never_means_not_before_the_person_writes(world: World, ana: StaffMember) -> None:
    assert await written_at_night(world, ana, SafeContact("no")) == []
    world.clock.advance(hours=20)
    assert await delivered(world) == []
    view = await world.view(CHAT)
    assert view is not None
    assert view.knocked
    await releases(world)
    assert any("I am here" in text for text in await delivered(world))


async def test_a_neutral_question_goes_first_and_once(world: World, ana: StaffMember) -> None:
    assert await written_at_night(world, ana, SafeContact("any", "go_on")) == [
        "es everyday.contact_knock_go_on"
    ]
    await releases(world)
    texts = await delivered(world)
    assert [("I am here" in text) for text in texts] == [False, True]


async def releases(world: World) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.release()

    await world.talk(CHAT, doing)


async def test_who_talks_right_now_is_answered_whatever_the_hour(world: World, ana: StaffMember) -> None:
    world.clock.advance(hours=TO_NIGHT)
    reference = await world.opens(CHAT)
    await chooses(world, SafeContact("morning"))
    await delivered(world)
    await world.says(CHAT, "are you there")
    await world.store.service.claim(ana, reference)
    assert await delivered(world) == ["es everyday.staff_joined Ana"]


async def test_erasing_takes_the_choice_back(world: World) -> None:
    await chooses(world, SafeContact("morning"))

    async def forgets(unit: TurnUnit) -> None:
        await unit.load()
        await unit.forget()

    await world.talk(CHAT, forgets)
    found: list[SafeContact] = []

    async def looks(unit: TurnUnit) -> None:
        found.append(await unit.contact())

    await world.talk(CHAT, looks)
    assert found == [SafeContact()]


async def test_what_waits_is_not_late_and_keeps_nobody_from_being_forgotten(
    world: World, ana: StaffMember
) -> None:
    assert await written_at_night(world, ana, SafeContact("no")) == []
    assert (await world.store.stats.numbers()).outbox_queued == 0
    (row,) = (await world.store.service.queue(ana)).rows
    await world.store.service.close(ana, row.reference, Closing(Outcome.SUPPORTED, tell=False))

    async def forgets(unit: TurnUnit) -> None:
        await unit.load()
        await unit.forget()

    await world.talk(CHAT, forgets)
    await releases(world)
    assert await delivered(world) == []


async def test_leaving_names_the_bots_messages_of_two_days_behind_what_is_on_its_way(world: World) -> None:
    await world.queues(CHAT, "old")
    await delivered(world)
    world.clock.advance(hours=49)
    await world.queues(CHAT, "new")
    (new,) = await world.store.outbox.claim(BOT, 1)

    async def leaves(unit: TurnUnit) -> None:
        await unit.load()
        await unit.wipe()
        await unit.say(Message("gone"), Kind.ANSWER)

    await world.talk(CHAT, leaves)
    assert await world.store.outbox.claim(BOT, 1) == []
    await world.store.outbox.sent(new.id, 4242)
    (wipe,) = await world.store.outbox.claim(BOT, 1)
    assert wipe.wipe == (4242,)
    await world.store.outbox.sent(wipe.id, 0)
    (last,) = await world.store.outbox.claim(BOT, 1)
    assert (last.message.html, last.wipe) == ("gone", None)


async def test_figures_add_up_and_refuse_what_is_no_plain_name(world: World) -> None:
    async def counts(unit: TurnUnit) -> None:
        await unit.load()
        await unit.count("helped_yes")
        await unit.count("words of a person")

    await world.talk(CHAT, counts)
    await world.talk(CHAT + 1, counts)
    assert await world.store.stats.counted() == {"helped_yes": 2}
    world.clock.advance(days=40)
    assert await world.store.stats.counted() == {}


async def test_who_was_promised_somebody_and_waits_in_vain_is_told_once(
    world: World, ana: StaffMember
) -> None:
    await world.accounts.sign_in("ana", "a long enough password", "127.0.0.1")
    await world.opens(CHAT, Priority.EMERGENCY)
    await delivered(world)
    await world.store.service.sweep(world.clock.now())
    assert await delivered(world) == []
    world.clock.advance(minutes=6)
    for _ in range(2):
        await world.store.service.sweep(world.clock.now())
    told = await delivered(world)
    assert len(told) == 1
    assert "safety.nobody_came" in told[0]


async def test_who_was_told_that_nobody_is_there_is_not_told_again(world: World) -> None:
    await world.opens(CHAT, Priority.EMERGENCY)
    await delivered(world)
    world.clock.advance(minutes=6)
    await world.store.service.sweep(world.clock.now())
    assert await delivered(world) == []


async def comes_and_goes(world: World, ana: StaffMember, contact: SafeContact) -> str:
    """A case at night, taken and given back before the person may be written to; its reference."""
    world.clock.advance(hours=TO_NIGHT)
    reference = await world.opens(CHAT)
    await chooses(world, contact)
    world.clock.advance(hours=1)
    await delivered(world)
    await world.store.service.claim(ana, reference)
    return reference


@pytest.mark.parametrize("contact", [SafeContact("morning"), SafeContact("morning", "news")])
@pytest.mark.parametrize("lapses", [True, False])
async def test_nobody_is_announced_who_has_left_meanwhile(
    world: World, ana: StaffMember, contact: SafeContact, lapses: bool
) -> None:
    reference = await comes_and_goes(world, ana, contact)
    if lapses:
        world.clock.advance(minutes=16)
        await world.store.service.sweep(world.clock.now())
    else:
        await world.store.service.release(ana, reference, "off duty")
    world.clock.advance(hours=9)
    assert await delivered(world) == []


async def test_the_neutral_words_stay_before_a_reply(world: World, ana: StaffMember) -> None:
    reference = await comes_and_goes(world, ana, SafeContact("any", "news"))
    assert await delivered(world) == ["es everyday.contact_knock_news"]
    detail = await world.store.service.case(ana, reference)
    await world.store.service.reply(ana, reference, "I am here", seen=detail.last_line, token="t1")
    await world.store.service.release(ana, reference, "off duty")
    await releases(world)
    assert [("I am here" in text) for text in await delivered(world)] == [True]
