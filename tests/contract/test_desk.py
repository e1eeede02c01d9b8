"""What staff do with cases: one holder at a time, nothing sent twice, nothing sent past a new word."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from bot.core.case import LEASE, Author, CaseState, DeliveryState, Outcome
from bot.core.closing import Closing
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotAllowed, NotFound, Outdated
from bot.helpline.service import LONGEST_REPLY, HelplineService, StaffMember
from bot.helpline.tables import audit
from tests.contract.world import MOTHER, TEACHER, World


@pytest.fixture
async def mine(world: World, service: HelplineService, ana: StaffMember) -> str:
    """A case that Ana holds, everything said so far delivered."""
    reference = await world.opens(MOTHER)
    await service.claim(ana, reference)
    await world.deliver()
    return reference


async def events(world: World) -> list[str]:
    """What the audit trail holds, but for the accounts that a test makes."""

    def stored(connection: Connection) -> list[str]:
        return list(connection.execute(select(audit.c.what).order_by(audit.c.seq)).scalars())

    return [what for what in await world.store.database.read(stored) if what != "account_added"]


async def test_a_claim_tells_the_person_once(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    await service.claim(ana, reference)
    await service.claim(ana, reference.lower())
    assert await world.deliver() == [(MOTHER, "<b>numbers</b>"), (MOTHER, "es everyday.staff_joined Ana")]
    found = await service.case(ana, reference)
    assert found.mine
    assert (found.row.state, found.row.holder) == (CaseState.CLAIMED, "Ana")
    assert [line.text or line.key for line in found.lines][-2:] == ["claimed", "es everyday.staff_joined Ana"]
    assert found.lines[-1].delivery is DeliveryState.SENT
    assert found.lines[-2].staff == "Ana"


async def test_a_held_case_is_nobody_elses(service: HelplineService, mine: str, ben: StaffMember) -> None:
    with pytest.raises(Conflict):
        await service.claim(ben, mine)
    for act in (
        service.heartbeat(ben, mine),
        service.release(ben, mine, "for the next one"),
        service.reply(ben, mine, "hi", seen=99, token="t"),
        service.save_draft(ben, mine, "x"),
        service.close(ben, mine, Closing(Outcome.SUPPORTED, tell=True)),
    ):
        with pytest.raises(Conflict):
            await act
    assert not (await service.case(ben, mine)).mine


async def test_an_unknown_case_is_not_found(service: HelplineService, ana: StaffMember) -> None:
    for act in (
        service.case(ana, "ABCD-EFGH"),
        service.claim(ana, "' OR 1=1 --"),
        service.heartbeat(ana, ""),
        service.note(ana, "x" * 5000, "note"),
        service.reply(ana, "ABCD\x00", "hi", seen=0, token="t"),
    ):
        with pytest.raises(NotFound):
            await act


async def test_a_lease_runs_out_to_whoever_claims_next(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    world.clock.advance(minutes=14)
    assert await service.heartbeat(ana, mine) == world.clock.now() + LEASE
    world.clock.advance(minutes=15)
    with pytest.raises(Conflict):
        await service.heartbeat(ana, mine)
    with pytest.raises(Conflict):
        await service.reply(ana, mine, "late", seen=99, token="t")
    await service.claim(ben, mine)
    assert (await service.case(ben, mine)).row.holder == "Ben"
    assert await world.deliver() == [(MOTHER, "es everyday.staff_joined Ben")]


async def test_the_sweep_returns_a_case_with_its_draft(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await service.save_draft(ana, mine, "half a thought")
    assert await service.sweep(world.clock.now() + LEASE - timedelta(seconds=1)) == 0
    world.clock.advance(minutes=15)
    assert await service.sweep(world.clock.now()) == 1
    assert await service.sweep(world.clock.now()) == 0
    found = await service.case(ben, mine)
    assert (found.row.state, found.row.holder, found.draft) == (CaseState.NEW, "", "")
    assert (found.lines[-1].key, found.lines[-1].staff) == ("lapsed", "Ana")
    assert await service.take_next(ben) == mine
    assert (await service.case(ben, mine)).draft == "half a thought"


async def test_a_routine_case_is_not_left_waiting_for_ever(world: World) -> None:
    ana, service = await world.staff(), world.store.service
    old = await world.opens(MOTHER, Priority.ROUTINE)
    world.clock.advance(days=1, hours=3)
    await service.sweep(world.clock.now())
    assert (await service.queue(ana)).rows[0].reference == old
    urgent = await world.opens(TEACHER, Priority.URGENT)
    assert await service.take_next(ana) == urgent  # called for once: its turn comes
    world.clock.advance(hours=1)
    await service.sweep(world.clock.now())
    await world.opens(700, Priority.URGENT)
    grave = await world.opens(701, Priority.EMERGENCY)
    assert [await service.take_next(ana) for _ in range(2)] == [grave, old]


async def test_take_next_takes_the_gravest_then_the_one_due_first(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember
) -> None:
    routine = await world.opens(1, Priority.ROUTINE)
    early = await world.opens(2, Priority.URGENT)
    world.clock.advance(minutes=1)
    late = await world.opens(3, Priority.URGENT)
    emergency = await world.opens(4, Priority.EMERGENCY)
    taken = [await service.take_next(member) for member in (ana, ben, ana, ben, ana)]
    assert taken == [emergency, early, late, routine, None]


async def test_a_reply_reaches_the_person_signed(
    world: World, service: HelplineService, mine: str, ana: StaffMember
) -> None:
    found = await service.case(ana, mine)
    await service.save_draft(ana, mine, "a draft")
    line_id = await service.reply(
        ana, mine, "1 < 2 & \u202e<b>\x07 ok\r\nyes ", seen=found.last_line, token="t1"
    )
    assert await world.deliver() == [
        (MOTHER, "1 &lt; 2 &amp; &lt;b&gt; ok\nyes\n\n— es everyday.staff_signature Ana")
    ]
    after = await service.case(ana, mine)
    last = after.lines[-1]
    assert (last.id, last.author, last.staff) == (line_id, Author.STAFF, "Ana")
    assert (last.text, last.delivery) == ("1 < 2 & <b> ok\nyes", DeliveryState.SENT)
    assert (after.row.state, after.draft) == (CaseState.WAITING_PERSON, "")


async def test_the_same_reply_again_sends_nothing(
    world: World, service: HelplineService, mine: str, ana: StaffMember
) -> None:
    first = await service.reply(ana, mine, "hello", seen=99, token="t1")
    await world.says(MOTHER, "new")
    assert await service.reply(ana, mine, "hello", seen=0, token="t1") == first
    assert len(await world.deliver()) == 1


async def test_a_reply_past_a_new_word_must_be_confirmed(
    world: World, service: HelplineService, mine: str, ana: StaffMember
) -> None:
    seen = (await service.case(ana, mine)).last_line
    await world.says(MOTHER, "he is at the door")
    with pytest.raises(Outdated):
        await service.reply(ana, mine, "tell me more", seen=seen, token="t1")
    assert await world.deliver() == []
    now = (await service.case(ana, mine)).last_line
    await service.reply(ana, mine, "tell me more", seen=now, token="t1")
    assert len(await world.deliver()) == 1


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\u202e", "x" * (LONGEST_REPLY + 1), "😀" * 1751])
async def test_a_text_that_cannot_be_sent_is_refused(
    world: World, service: HelplineService, mine: str, ana: StaffMember, text: str
) -> None:
    with pytest.raises(ValueError, match="the text is"):
        await service.reply(ana, mine, text, seen=99, token="t1")
    assert await world.deliver() == []


@pytest.mark.parametrize("token", ["", "a b", "x" * 65, "é"])
async def test_a_malformed_token_is_refused(
    service: HelplineService, mine: str, ana: StaffMember, token: str
) -> None:
    with pytest.raises(ValueError, match="token"):
        await service.reply(ana, mine, "hi", seen=99, token=token)


async def test_the_longest_text_is_sent(
    world: World, service: HelplineService, mine: str, ana: StaffMember
) -> None:
    await service.reply(ana, mine, "<" * LONGEST_REPLY, seen=99, token="t1")
    assert len(await world.deliver()) == 1


async def test_a_reply_to_who_cannot_be_reached_is_shown_as_such(
    world: World, service: HelplineService, mine: str, ana: StaffMember
) -> None:
    await world.queues(MOTHER, "x")
    (item,) = await world.claim()
    await world.store.outbox.unreachable(item.id)
    await service.reply(ana, mine, "are you there?", seen=99, token="t1")
    found = await service.case(ana, mine)
    assert found.lines[-1].delivery is DeliveryState.UNREACHABLE
    assert await world.claim() == []


async def test_a_note_is_for_the_staff_alone(
    world: World, service: HelplineService, mine: str, ben: StaffMember
) -> None:
    line_id = await service.note(ben, mine, "known family")
    last = (await service.case(ben, mine)).lines[-1]
    assert (last.id, last.author, last.text, last.staff) == (line_id, Author.NOTE, "known family", "Ben")
    assert await world.deliver() == []


async def test_a_release_goes_back_to_the_queue_with_its_note(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await service.save_draft(ana, mine, "a draft")
    await service.release(ana, mine, "my shift ends")
    assert await world.deliver() == [(MOTHER, "es everyday.staff_released")]
    view = await world.view(MOTHER)
    assert view is not None
    assert not view.held
    assert await service.take_next(ben) == mine
    found = await service.case(ben, mine)
    said = [(line.author, line.text or line.key) for line in found.lines]
    assert said[-5:] == [
        (Author.NOTE, "my shift ends"),
        (Author.SYSTEM, "released"),
        (Author.BOT, "es everyday.staff_released"),
        (Author.SYSTEM, "claimed"),
        (Author.BOT, "es everyday.staff_joined Ben"),
    ]
    assert found.draft == "a draft"


@pytest.mark.parametrize(("tell", "told"), [(True, [(MOTHER, "es everyday.staff_left")]), (False, [])])
async def test_an_end_with_or_without_a_word(
    world: World,
    service: HelplineService,
    mine: str,
    ana: StaffMember,
    tell: bool,
    told: list[tuple[int, str]],
) -> None:
    await service.close(ana, mine, Closing(Outcome.REFERRED, note="to the clinic", tell=tell))
    assert await world.deliver() == told
    found = await service.case(ana, mine)
    assert (found.row.state, found.row.holder, found.mine) == (CaseState.CLOSED, "Ana", False)
    assert (Author.NOTE, "to the clinic") in [(line.author, line.text) for line in found.lines]
    view = await world.view(MOTHER)
    assert view is not None
    assert not view.open
    with pytest.raises(Conflict):
        await service.claim(ana, mine)
    with pytest.raises(Conflict):
        await service.reply(ana, mine, "more", seen=99, token="t9")


async def test_an_unknown_outcome_is_refused(service: HelplineService, mine: str, ana: StaffMember) -> None:
    with pytest.raises(ValueError, match="outcome"):
        await service.close(ana, mine, Closing("nonsense"))  # type: ignore[arg-type]


async def test_an_empty_draft_forgets_it(service: HelplineService, mine: str, ana: StaffMember) -> None:
    await service.save_draft(ana, mine, "one")
    assert (await service.case(ana, mine)).draft == "one"
    await service.save_draft(ana, mine, " ")
    assert (await service.case(ana, mine)).draft == ""


async def test_a_look_is_written_down_once_in_ten_minutes(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    for member in (ana, ana, ben):
        await service.case(member, reference)
    assert (await events(world)).count("viewed") == 2
    world.clock.advance(minutes=10)
    await service.case(ana, reference)
    assert (await events(world)).count("viewed") == 3


async def test_every_act_is_in_the_audit_trail(
    world: World, service: HelplineService, mine: str, ana: StaffMember
) -> None:
    await service.reply(ana, mine, "hi", seen=99, token="t1")
    await service.note(ana, mine, "note")
    await service.release(ana, mine, "for the next one")
    await service.take_next(ana)
    world.clock.advance(minutes=15)
    await service.sweep(world.clock.now())
    await service.claim(ana, mine)
    await service.close(ana, mine, Closing(Outcome.SUPPORTED, tell=True))
    assert await events(world) == [
        "opened",
        "claimed",
        "replied",
        "noted",
        "released",
        "claimed",
        "lapsed",
        "claimed",
        "closed",
    ]


async def test_a_claim_comes_before_or_after_a_turn_never_within(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    await world.arrive(MOTHER)
    async with world.store.turns.next(7001) as unit:
        assert unit is not None
        await unit.load()
        claiming = asyncio.create_task(service.claim(ana, reference))
        await asyncio.wait([claiming], timeout=0.05)
        assert not claiming.done()
    await claiming
    view = await world.view(MOTHER)
    assert view is not None
    assert view.held


async def test_dead_letters_are_seen_and_their_text_only_on_record(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    await world.arrive(TEACHER, "poison", danger=("violence",))
    await world.store.turns.failed(1, "parse_error", final=True)
    (letter,) = await service.dead_letters(ana)
    assert (letter.code, letter.attempts, letter.urgent) == ("parse_error", 1, True)
    assert await events(world) == []
    with pytest.raises(NotAllowed):
        await service.dead_letter_text(ana, letter.id)
    lead = await world.accounts.add("lea", "Lea", "correct horse battery", "supervisor")
    assert '"poison"' in await service.dead_letter_text(lead, letter.id)
    assert await events(world) == ["dead_letter_read"]


async def test_a_dead_letter_is_handed_out_again(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    await world.arrive(TEACHER)
    await world.store.turns.failed(1, "x", final=True)
    await service.retry_dead_letter(ana, 1)
    assert await world.turn() == TEACHER
    assert await service.dead_letters(ana) == []
    with pytest.raises(NotFound):
        await service.retry_dead_letter(ana, 1)
    lead = await world.accounts.add("lea", "Lea", "correct horse battery", "supervisor")
    with pytest.raises(NotFound):
        await service.dead_letter_text(lead, 1)
