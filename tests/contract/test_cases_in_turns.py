"""What a turn does to cases: opened once, never lowered, forgotten when it was a mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from bot.core.case import DUE, Author, CaseDetail, CaseState, DeliveryState, Outcome
from bot.core.closing import Closing
from bot.core.effects import Audience, ConfirmCase, Kind, Message, OpenCase, RaiseCase
from bot.core.ports import Record, TurnUnit
from bot.core.taxonomy import Priority
from bot.helpline.service import StaffMember
from bot.helpline.tables import audit, case_lines, cases, inbox, transcript
from bot.helpline.turn_writer import KEPT
from tests.contract.world import MOTHER, SPANISH, TEACHER, World


async def detail(world: World, ana: StaffMember, reference: str) -> CaseDetail:
    return await world.store.service.case(ana, reference)


def texts(found: CaseDetail) -> list[tuple[Author, str]]:
    """Author and words (or what happened) of each line."""
    return [(line.author, line.text or line.key) for line in found.lines]


def raises(priority: Priority, *flags: str) -> RaiseCase:
    return RaiseCase(priority, flags)


async def doing_effect(world: World, chat: int, effect: RaiseCase | ConfirmCase | OpenCase) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        match effect:
            case RaiseCase():
                await unit.raise_case(effect)
            case ConfirmCase():
                await unit.confirm_case(effect)
            case OpenCase():
                await unit.open_case(effect, SPANISH)

    await world.talk(chat, doing)


async def test_a_case_has_the_beginning_of_the_talk_from_both_sides(world: World, ana: StaffMember) -> None:
    await world.says(MOTHER, "he is quiet", "child_user")
    world.clock.advance(seconds=1)
    await world.queues(MOTHER, "<b>Tell</b> me &lt;more&gt;")
    world.clock.advance(seconds=1)
    await world.says(TEACHER, "of another chat")
    found = await detail(world, ana, await world.opens(MOTHER, text="he is beaten"))
    assert texts(found) == [
        (Author.PERSON, "he is quiet"),
        (Author.BOT, "Tell me <more>"),
        (Author.PERSON, "he is beaten"),
        (Author.SYSTEM, "opened"),
        (Author.BOT, "numbers"),
    ]
    first = found.lines[0]
    assert first.flags == ("child_user",)
    assert [(spot.start, spot.end, spot.flag, spot.source) for spot in first.spots] == [
        (0, 2, "child_user", "rule:x")
    ]
    assert found.row.opened_at - first.at == timedelta(seconds=2)


async def test_words_of_a_talk_without_danger_are_gone_after_hours(world: World, ana: StaffMember) -> None:
    await world.says(MOTHER, "long ago")
    await world.queues(MOTHER, "long ago too")
    world.clock.advance(hours=12)
    found = await detail(world, ana, await world.opens(MOTHER, text="now"))
    assert (Author.PERSON, "long ago") not in texts(found)
    assert (Author.BOT, "long ago too") not in texts(found)
    assert timedelta(hours=12) == KEPT


async def test_kept_lines_move_into_the_case(world: World) -> None:
    await world.says(MOTHER, "before")
    await world.opens(MOTHER)

    def kept(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(transcript)).scalar_one()

    assert await world.store.database.read(kept) == 0


async def test_later_lines_go_into_the_open_case_with_their_delivery(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER)
    await world.deliver()
    await world.says(MOTHER, "more")
    await world.queues(MOTHER, "still here", kind=Kind.SAFETY)
    found = await detail(world, ana, reference)
    assert texts(found)[-2:] == [(Author.PERSON, "more"), (Author.BOT, "still here")]
    assert [line.delivery for line in found.lines if line.author is Author.BOT] == [
        DeliveryState.SENT,
        DeliveryState.QUEUED,
    ]


async def test_the_row_shows_what_is_known(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, Priority.EMERGENCY)
    row = (await detail(world, ana, reference)).row
    assert (row.language, row.country, row.role) == ("es", "cr", "parent")
    assert (row.state, row.priority, row.flags) == (CaseState.NEW, Priority.EMERGENCY, ("violence",))
    assert row.due_at == world.clock.now() + DUE[Priority.EMERGENCY]
    assert row.confirmed is None
    assert not row.unreachable


async def test_the_same_incident_is_opened_once(world: World, ana: StaffMember) -> None:
    first = await world.opens(MOTHER)
    assert await world.opens(MOTHER) == first
    page = await world.store.service.queue(ana)
    assert [row.reference for row in page.rows] == [first]


async def test_a_second_incident_joins_the_case_that_is_open(world: World, ana: StaffMember) -> None:
    first = await world.opens(MOTHER, Priority.URGENT)
    assert await world.opens(MOTHER, Priority.EMERGENCY, incident=2) == first
    assert (await detail(world, ana, first)).row.priority is Priority.EMERGENCY


async def test_opened_and_raised_in_one_turn(world: World, ana: StaffMember) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.open_case(OpenCase(1, Priority.ROUTINE, ("human_requested",), "help", True), SPANISH)
        await unit.raise_case(raises(Priority.EMERGENCY, "self_harm"))

    await world.talk(MOTHER, doing)
    row = (await world.store.service.queue(ana)).rows[0]
    assert (row.priority, row.flags) == (Priority.EMERGENCY, ("self_harm", "human_requested"))


async def test_raising_adds_and_never_lowers(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, Priority.URGENT)
    world.clock.advance(minutes=10)
    await doing_effect(world, MOTHER, raises(Priority.EMERGENCY, "imminent_danger"))
    raised = (await detail(world, ana, reference)).row
    assert (raised.priority, raised.flags) == (Priority.EMERGENCY, ("imminent_danger", "violence"))
    assert raised.due_at == world.clock.now() + DUE[Priority.EMERGENCY]
    world.clock.advance(minutes=10)
    await doing_effect(world, MOTHER, raises(Priority.ROUTINE, "child_user"))
    row = (await detail(world, ana, reference)).row
    assert (row.priority, row.due_at) == (Priority.EMERGENCY, raised.due_at)
    assert row.flags == ("imminent_danger", "violence", "child_user")


async def test_raising_never_puts_off_what_was_due(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, Priority.URGENT)
    due = (await detail(world, ana, reference)).row.due_at
    world.clock.advance(minutes=58)
    await doing_effect(world, MOTHER, raises(Priority.EMERGENCY, "self_harm"))
    assert (await detail(world, ana, reference)).row.due_at == due


async def test_raising_without_a_case_is_nothing(world: World, ana: StaffMember) -> None:
    await doing_effect(world, MOTHER, raises(Priority.EMERGENCY, "self_harm"))
    assert (await world.store.service.queue(ana)).rows == ()


@pytest.mark.parametrize(("answer", "confirmed"), [("person", True), ("information", False)])
async def test_the_person_says_what_is_wanted(
    world: World, ana: StaffMember, answer: str, confirmed: bool
) -> None:
    reference = await world.opens(MOTHER)
    await doing_effect(world, MOTHER, ConfirmCase(answer))
    found = await detail(world, ana, reference)
    assert found.row.confirmed is confirmed
    assert found.row.state is CaseState.NEW
    assert texts(found)[-1] == (Author.SYSTEM, f"confirmed_{answer}")


async def test_a_false_alarm_closes_without_its_words(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, text="a private thing")
    await doing_effect(world, MOTHER, ConfirmCase("wrong"))
    found = await detail(world, ana, reference)
    assert found.row.state is CaseState.CLOSED
    assert {line.text for line in found.lines} == {""}
    assert [line.flags for line in found.lines if line.author is Author.PERSON] == [("violence",)]

    def stored(connection: Connection) -> tuple[str | None, bytes | None, int]:
        row = connection.execute(select(cases.c.outcome, cases.c.data_key)).one()
        words = select(func.count()).select_from(case_lines).where(case_lines.c.body.is_not(None))
        return row.outcome, row.data_key, connection.execute(words).scalar_one()

    assert await world.store.database.read(stored) == (Outcome.FALSE_ALARM.value, None, 0)


async def test_wrong_on_a_held_case_is_only_noted(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, text="words")
    await world.store.service.claim(ana, reference)
    await doing_effect(world, MOTHER, ConfirmCase("wrong"))
    found = await detail(world, ana, reference)
    assert found.row.state is CaseState.CLAIMED
    assert (Author.PERSON, "words") in texts(found)
    assert texts(found)[-1] == (Author.SYSTEM, "confirmed_wrong")


async def test_a_new_danger_after_a_closed_case_opens_another(world: World) -> None:
    first = await world.opens(MOTHER)
    await doing_effect(world, MOTHER, ConfirmCase("wrong"))
    second = await world.opens(MOTHER, incident=2)
    assert second != first
    view = await world.view(MOTHER)
    assert view is not None
    assert (view.reference, view.incident, view.open) == (second, 2, True)


async def test_a_danger_opens_a_case_although_the_count_began_anew(world: World) -> None:
    first = await world.opens(MOTHER, incident=1)
    await doing_effect(world, MOTHER, ConfirmCase("wrong"))
    second = await world.opens(MOTHER, incident=1)
    assert second != first
    view = await world.view(MOTHER)
    assert view is not None
    assert (view.reference, view.incident) == (second, 1)


async def test_a_message_after_the_end_opens_nothing(world: World) -> None:
    await world.opens(MOTHER)
    await doing_effect(world, MOTHER, ConfirmCase("wrong"))
    await world.says(MOTHER, "thank you")
    view = await world.view(MOTHER)
    assert view is not None
    assert not view.open


async def test_the_audience_is_kept_on_the_open_case(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER)

    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.save({"language": "en"}, Audience("en", "gh", "teacher"))

    await world.talk(MOTHER, doing)
    row = (await detail(world, ana, reference)).row
    assert (row.language, row.country, row.role) == ("en", "gh", "teacher")


async def test_who_writes_to_a_held_case_waits_for_us(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, Priority.URGENT)
    await world.store.service.claim(ana, reference)
    view = await world.view(MOTHER)
    assert view is not None
    assert view.held
    assert view.holder == "Ana"
    world.clock.advance(minutes=5)
    await world.says(MOTHER, "are you there?")
    row = (await detail(world, ana, reference)).row
    assert row.state is CaseState.WAITING_US
    assert row.due_at == world.clock.now() + DUE[Priority.URGENT]
    world.clock.advance(minutes=5)
    await world.says(MOTHER, "hello?")
    assert (await detail(world, ana, reference)).row.due_at == row.due_at


async def test_a_lease_that_ran_out_holds_nobody_silent(world: World, ana: StaffMember) -> None:
    await world.store.service.claim(ana, await world.opens(MOTHER))
    world.clock.advance(minutes=15)
    view = await world.view(MOTHER)
    assert view is not None
    assert not view.held
    assert view.holder == ""


async def test_a_dead_letter_shows_on_the_open_case(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER)
    await world.arrive(MOTHER)
    await world.store.turns.failed(2, "broken", final=True)
    assert texts(await detail(world, ana, reference))[-1] == (Author.SYSTEM, "dead_letter")


async def forget(world: World, chat: int, *, say: str = "") -> bool:
    kept: list[bool] = []

    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.record(Record("person", "delete everything"))
        kept.append(await unit.forget())
        if say:
            await unit.say(Message(say), Kind.ANSWER)
        await unit.save({}, SPANISH)

    await world.talk(chat, doing)
    return kept[0]


async def test_forgetting_erases_state_lines_and_closed_cases(world: World, ana: StaffMember) -> None:
    reference = await world.opens(MOTHER, text="a private thing")
    await world.store.service.claim(ana, reference)
    await world.store.service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    await world.says(MOTHER, "and more")
    await world.deliver()
    await world.queues(MOTHER, "an answer on its way")
    assert not await forget(world, MOTHER, say="all is deleted")
    assert await world.deliver() == [(MOTHER, "all is deleted")]
    found = await detail(world, ana, reference)
    assert {line.text for line in found.lines} == {""}
    assert await world.remembered(MOTHER) == {}
    assert await world.view(MOTHER) is None

    def words(connection: Connection) -> list[int]:
        left = (
            select(func.count()).select_from(transcript),
            select(func.count()).where(case_lines.c.body.is_not(None)),
            select(func.count()).where(cases.c.data_key.is_not(None)),
            select(func.count()).where(inbox.c.raw.is_not(None)),
        )
        return [connection.execute(query).scalar_one() for query in left]

    assert await world.store.database.read(words) == [0, 0, 0, 0]


async def test_an_open_case_outlives_forgetting(world: World, ana: StaffMember) -> None:
    await world.says(MOTHER, "first")
    reference = await world.opens(MOTHER, text="he is beaten")
    assert await forget(world, MOTHER)
    found = await detail(world, ana, reference)
    assert (Author.PERSON, "he is beaten") in texts(found)
    await world.store.service.claim(ana, reference)
    await world.store.service.reply(ana, reference, "I am here", seen=found.last_line, token="t1")
    assert "I am here" in (await world.deliver())[-1][1]


async def test_after_forgetting_a_danger_opens_a_case_again(world: World) -> None:
    first = await world.opens(MOTHER)
    await doing_effect(world, MOTHER, ConfirmCase("wrong"))
    await forget(world, MOTHER)
    second = await world.opens(MOTHER, incident=1)
    assert second != first
    view = await world.view(MOTHER)
    assert view is not None
    assert (view.reference, view.incident) == (second, 1)


async def test_what_happened_is_in_the_audit_trail(world: World) -> None:
    await world.opens(MOTHER)
    await doing_effect(world, MOTHER, raises(Priority.EMERGENCY, "self_harm"))
    await doing_effect(world, MOTHER, ConfirmCase("person"))

    def trail(connection: Connection) -> list[tuple[str, str]]:
        query = select(audit.c.what, audit.c.detail).order_by(audit.c.seq)
        return [(row.what, row.detail) for row in connection.execute(query)]

    assert await world.store.database.read(trail) == [
        ("opened", "priority=2"),
        ("raised", "priority=3"),
        ("confirmed_person", ""),
    ]
