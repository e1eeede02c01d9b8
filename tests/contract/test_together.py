"""Cases change hands with a note, emergencies are ended by two, and who writes again is the same case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.case import LEASE, CaseDetail, CaseState
from bot.core.closing import Closing
from bot.core.effects import OpenCase, RaiseCase
from bot.core.outcome import Outcome
from bot.core.ports import TurnUnit
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotAllowed, NotFound, SecondNeeded, Unsure
from bot.helpline.helplines import HelplineForm, form_of
from bot.helpline.service import CannedText, HelplineService, ReadBack, Search, StaffMember
from tests.contract.world import MOTHER, SPANISH, TEACHER, World

PASSWORD = "correct horse battery"
ENDED = Closing(Outcome.SUPPORTED, note="agreed what to do", tell=False)


@pytest.fixture
async def lead(world: World) -> StaffMember:
    return await world.accounts.add("lea", "Lea", PASSWORD, "supervisor")


@pytest.fixture
async def mine(world: World, service: HelplineService, ana: StaffMember) -> str:
    """An emergency that Ana holds, everything said so far delivered."""
    reference = await world.opens(MOTHER, Priority.EMERGENCY)
    await service.claim(ana, reference)
    await world.deliver()
    return reference


def keys(found: CaseDetail) -> list[str]:
    return [line.key for line in found.lines if line.key]


async def test_an_offer_stays_with_its_giver_until_it_is_accepted(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await service.save_draft(ana, mine, "half a thought")
    await service.offer(ana, mine, ben.id, "she waits for an answer")
    found = await service.case(ben, mine)
    assert (found.row.holder, found.offered, found.row.offered_to) == ("Ana", "to_me", "Ben")
    assert [row.reference for row in (await service.queue(ben, view="mine")).rows] == [mine]
    with pytest.raises(Conflict):
        await service.reply(ben, mine, "hello", seen=99, token="t")
    await service.accept(ben, mine)
    found = await service.case(ben, mine)
    assert (found.mine, found.offered, found.draft) == (True, "", "half a thought")
    assert "she waits for an answer" in [line.text for line in found.lines]
    assert await world.deliver() == []  # nobody is greeted twice
    with pytest.raises(Conflict):
        await service.reply(ana, mine, "hello", seen=99, token="t")


async def test_an_offer_needs_a_note_and_a_colleague(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await world.store.helplines.add("uno", HelplineForm(name="Uno", countries=["gh"]))
    far = await world.accounts.add("far", "Far", PASSWORD, helpline="uno")
    partner = await world.accounts.add("pat", "Pat", PASSWORD, "partner")
    with pytest.raises(ValueError, match="empty"):
        await service.offer(ana, mine, ben.id, "  ")
    for nobody in (far.id, partner.id, 999):
        with pytest.raises(NotFound):
            await service.offer(ana, mine, nobody, "please")
    with pytest.raises(Conflict):
        await service.offer(ben, mine, ana.id, "not mine to give")
    assert [one.name for one in await service.colleagues(ana)] == ["Ben"]


async def test_who_was_asked_may_say_no_and_who_asked_may_take_it_back(
    service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await service.offer(ana, mine, ben.id, "please")
    await service.refuse(ben, mine, "I have two already")
    await service.offer(ana, mine, ben.id, "please")
    await service.refuse(ana, mine)
    found = await service.case(ana, mine)
    assert keys(found)[-4:] == ["offered", "refused", "offered", "offer_withdrawn"]
    with pytest.raises(Conflict):
        await service.accept(ben, mine)


async def test_a_lost_lease_ends_an_offer(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await service.offer(ana, mine, ben.id, "please")
    world.clock.advance(minutes=16)
    await service.sweep(world.clock.now())
    assert (await service.case(ben, mine)).row.returned
    with pytest.raises(Conflict):
        await service.accept(ben, mine)


async def test_a_lead_gives_away_and_takes_over(
    service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember, lead: StaffMember
) -> None:
    with pytest.raises(NotAllowed):
        await service.take_over(ben, mine)
    await service.take_over(lead, mine, "I help")
    assert (await service.case(lead, mine)).mine
    await service.offer(lead, mine, ben.id, "you know her")
    await service.accept(ben, mine)
    assert (await service.case(ben, mine)).row.holder == "Ben"
    with pytest.raises(Conflict):
        await service.heartbeat(ana, mine)


async def test_help_is_called_silently_and_once(
    world: World, service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    await service.call_help(ana, mine)
    await service.call_help(ana, mine)
    found = await service.case(ben, mine)
    assert found.row.help_asked
    assert keys(found).count("help_asked") == 1
    assert await world.deliver() == []
    await service.stand_by(ben, mine, "I agree with the plan")
    found = await service.case(ben, mine)
    assert (found.second, found.row.help_asked) == ("Ben", False)


async def test_an_emergency_is_ended_by_two_or_with_a_reason(
    service: HelplineService, mine: str, ana: StaffMember, ben: StaffMember
) -> None:
    with pytest.raises(SecondNeeded):
        await service.close(ana, mine, ENDED)
    with pytest.raises(SecondNeeded):
        await service.close(ana, mine, Closing(Outcome.SUPPORTED, alone=True, note=" "))
    with pytest.raises(Conflict):
        await service.stand_by(ana, mine, "I am my own second")
    await service.stand_by(ben, mine, "seen, safe now")
    await service.close(ana, mine, ENDED)
    assert (await service.case(ben, mine)).row.state is CaseState.CLOSED


async def test_the_record_of_the_end_comes_back(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    await service.claim(ana, reference)
    closing = Closing(
        Outcome.REFERRED,
        categories=("violence.physical", "x_online.images"),
        referral="child_protection",
        flags_right={"violence": True, "self_harm": False},
        follow_up=date(2026, 3, 9),
    )
    await service.close(ana, reference, closing)
    record = (await service.case(ana, reference)).record
    assert record is not None
    assert (record.categories, record.referral) == (closing.categories, "child_protection")
    assert record.flags_right == {"violence": True}  # a flag that was never raised is not judged
    assert record.follow_up == date(2026, 3, 9)


@pytest.mark.parametrize("hours", [1, 71])
async def test_who_writes_again_within_three_days_is_the_same_case(
    world: World, service: HelplineService, ana: StaffMember, hours: int
) -> None:
    reference = await world.opens(MOTHER)
    await service.claim(ana, reference)
    await service.close(ana, reference, ENDED)
    world.clock.advance(hours=hours)
    await world.says(MOTHER, "thank you", parting=True)
    assert (await service.case(ana, reference)).row.state is CaseState.CLOSED
    await world.says(MOTHER, "he is back")
    found = await service.case(ana, reference)
    assert (found.row.state, found.row.priority, found.row.returned) == (
        CaseState.NEW,
        Priority.ROUTINE,
        True,
    )
    assert keys(found)[-1] == "reopened"
    assert found.row.due_at == world.clock.now() + timedelta(days=1)

    async def danger(unit: TurnUnit) -> None:
        await unit.load()
        await unit.open_case(OpenCase(2, Priority.EMERGENCY, ("self_harm",), "abuse", None), SPANISH)

    await world.talk(MOTHER, danger)
    row = (await service.case(ana, reference)).row
    assert (row.priority, row.flags) == (Priority.EMERGENCY, ("self_harm", "violence"))


async def test_after_three_days_or_a_false_alarm_nothing_reopens(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    for chat, outcome, hours in ((MOTHER, Outcome.SUPPORTED, 73), (TEACHER, Outcome.FALSE_ALARM, 1)):
        reference = await world.opens(chat)
        await service.claim(ana, reference)
        await service.close(ana, reference, Closing(outcome))
        world.clock.advance(hours=hours)
        await world.says(chat, "thank you")
        assert (await service.case(ana, reference)).row.state is CaseState.CLOSED


async def test_a_follow_up_comes_back_on_its_day(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    await service.claim(ana, reference)
    day = world.clock.now().date() + timedelta(days=5)
    await service.close(ana, reference, Closing(Outcome.SUPPORTED, follow_up=day))
    world.clock.advance(days=4)
    await service.sweep(world.clock.now())
    assert (await service.case(ana, reference)).row.state is CaseState.CLOSED
    world.clock.advance(days=2)
    await service.sweep(world.clock.now())
    found = await service.case(ana, reference)
    assert (found.row.state, keys(found)[-1]) == (CaseState.NEW, "follow_up")
    await service.sweep(world.clock.now())
    assert keys(await service.case(ana, reference)).count("follow_up") == 1


async def test_duplicates_stay_sealed_from_each_other(
    world: World, service: HelplineService, ana: StaffMember, lead: StaffMember
) -> None:
    main, other = await world.opens(MOTHER, text="a mother"), await world.opens(TEACHER, text="a teacher")
    with pytest.raises(NotAllowed):
        await service.merge(ana, other, main, "the same class")
    await service.claim(ana, main)
    await service.merge(lead, other, main, "the same class")
    found = await service.case(ana, other)
    assert (found.main, found.same, found.offered) == (main, (main,), "to_me")
    assert (await service.case(ana, main)).same == (other,)
    assert "a teacher" not in [line.text for line in (await service.case(ana, main)).lines]
    with pytest.raises(Conflict):
        await service.merge(lead, main, other, "crosswise")
    await service.part(lead, other, "not the same")
    assert (await service.case(ana, main)).same == ()


async def test_a_case_is_passed_on_to_another_helpline(
    world: World, service: HelplineService, mine: str, ana: StaffMember, lead: StaffMember
) -> None:
    await world.store.helplines.add("uno", HelplineForm(name="Uno", countries=["gh"], due={"emergency": 2}))
    eva = await world.accounts.add("eva", "Eva", PASSWORD, helpline="uno")
    with pytest.raises(NotFound):
        await service.pass_on(lead, mine, "dos", "theirs")
    await service.pass_on(lead, mine, "uno", "theirs")
    with pytest.raises(NotFound):
        await service.case(ana, mine)
    row = (await service.case(eva, mine)).row
    assert (row.state, row.holder, row.given) == (CaseState.NEW, "", timedelta(minutes=2))


async def test_a_case_goes_to_whoever_covers_it_and_is_open(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    everything = HelplineForm(name="Everything", languages=["es"])
    country = HelplineForm(name="Country", countries=["cr"], due={"urgent": 15})
    closed = HelplineForm(name="Closed", countries=["cr"], hours={"tue": ["08:00-09:00"]})
    for code, form in (("all", everything), ("country", country), ("aaa-closed", closed)):
        await world.store.helplines.add(code, form)
    eva = await world.accounts.add("eva", "Eva", PASSWORD, helpline="country")
    reference = await world.opens(MOTHER)
    row = (await service.case(eva, reference)).row
    assert row.due_at == world.clock.now() + timedelta(minutes=15)
    await service.claim(eva, reference)
    world.clock.advance(minutes=5)
    await world.says(MOTHER, "are you there")
    assert (await service.case(eva, reference)).row.due_at == world.clock.now() + timedelta(minutes=15)
    with pytest.raises(NotFound):
        await service.case(ana, reference)


async def test_after_a_long_silence_the_sender_must_be_sure(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    world.clock.advance(hours=13)
    await service.claim(ana, reference)
    with pytest.raises(Unsure):
        await service.reply(ana, reference, "about your son", seen=99, token="t1")
    await service.reply(ana, reference, "Is this a good moment?", seen=99, token="t1", sure=True)
    await world.says(MOTHER, "yes")
    await service.reply(ana, reference, "about your son", seen=99, token="t2")


async def test_the_search_finds_by_what_is_known_and_nothing_else(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    first = await world.opens(MOTHER, Priority.EMERGENCY)
    world.clock.advance(days=1)
    second = await world.opens(TEACHER)
    await service.claim(ana, second)

    async def finds(**wanted: object) -> list[str]:
        found = await service.search(ana, Search(**wanted))  # type: ignore[arg-type]
        return [row.reference for row in found.rows]

    assert await finds() == [second, first]
    assert await finds(reference=first[:4].lower()) == [first]
    assert await finds(reference="%") == []
    assert await finds(state="new") == [first]
    assert await finds(priority="emergency") == [first]
    assert await finds(flag="violence", country="cr", language="es", topic="abuse") == [second, first]
    assert await finds(flag="self_harm") == []
    assert await finds(staff_id=ana.id) == [second]
    assert await finds(since=world.clock.now() - timedelta(hours=1)) == [second]
    assert await finds(until=world.clock.now() - timedelta(hours=1)) == [first]
    for nonsense in ({"state": "x"}, {"flag": "x"}, {"priority": "x"}):
        with pytest.raises(ValueError, match=r"x|such"):
            await finds(**nonsense)


async def test_a_report_counts_what_happened(
    world: World, service: HelplineService, ana: StaffMember, lead: StaffMember
) -> None:
    reference = await world.opens(MOTHER)
    waiting = await world.opens(TEACHER, Priority.EMERGENCY)
    await service.claim(ana, reference)
    world.clock.advance(minutes=10)
    await service.reply(ana, reference, "I am here", seen=99, token="t1")
    judged = Closing(Outcome.FALSE_ALARM, ("peers.friends",), flags_right={"violence": False})
    await service.close(ana, reference, judged)
    await service.claim(ana, waiting)
    with pytest.raises(NotAllowed):
        await service.report(ana, 7)
    report = await service.report(lead, 7)
    urgent = report.waiting[Priority.URGENT]
    assert (urgent.opened, urgent.answered, urgent.in_time) == (1, 1, 1)
    assert urgent.middle == urgent.slow == timedelta(minutes=10)
    assert report.overdue[Priority.EMERGENCY] == 1
    assert report.outcomes[Outcome.FALSE_ALARM] == 1
    assert (report.flags["violence"].right, report.flags["violence"].wrong) == (0, 1)
    assert report.categories == {"peers": 1}
    assert sum(hour.opened for hour in report.hours) == 2
    (first, *_) = report.team
    assert (first.name, first.held, first.grave, first.closed) == ("Ana", 1, 1, 1)
    for days in (0, 400):
        with pytest.raises(ValueError, match="days"):
            await service.report(lead, days)
    partner = await world.accounts.add("pat", "Pat", PASSWORD, "partner")
    outside = await service.report(partner, 7)
    assert (report.left_out, outside.left_out) == (False, True)
    assert (outside.team, outside.categories, outside.waiting[Priority.URGENT].opened) == ((), {}, 0)


async def test_hours_of_the_day_are_those_the_clocks_showed_then(
    world: World, service: HelplineService, lead: StaffMember
) -> None:
    began = world.clock.now()
    place = await world.store.helplines.by_code("default")
    await world.store.helplines.change("default", replace(form_of(place), zone="Europe/Madrid"))
    world.clock.advance(seconds=(datetime(began.year + 1, 3, 1, 23, 50, tzinfo=UTC) - began).total_seconds())
    await world.opens(MOTHER)
    world.clock.advance(days=60)  # clocks were put forward in between
    await world.opens(TEACHER)
    hours = (await service.report(lead, 61)).hours
    assert {at: hour.opened for at, hour in enumerate(hours) if hour.opened} == {0: 1, 1: 1}
    changed = await world.store.helplines.change("default", replace(form_of(place), zone="Asia/Kathmandu"))
    assert changed.zone == "Asia/Kathmandu"  # five and three quarter hours ahead
    hours = (await service.report(lead, 61)).hours
    assert {at: hour.opened for at, hour in enumerate(hours) if hour.opened} == {5: 2}


async def test_ready_texts_are_kept_by_language(
    service: HelplineService, ana: StaffMember, lead: StaffMember
) -> None:
    with pytest.raises(NotAllowed):
        await service.keep_canned(ana, CannedText("hello", "es", "Hola"))
    await service.keep_canned(lead, CannedText(" Hello ", "es", "Hola"))
    with pytest.raises(Conflict):
        await service.keep_canned(lead, CannedText("hello", "es", "Hola"))
    await service.keep_canned(lead, CannedText("hello", "es", "Buenas", version=1))
    assert [item.text for item in await service.canned(ana, "es")] == ["Buenas"]
    assert await service.canned(ana, "rw") == []
    for wrong in (CannedText("", "es", "x"), CannedText("a", "xx", "x"), CannedText("a", "es", " ")):
        with pytest.raises(ValueError, match=r"code|language|empty"):
            await service.keep_canned(lead, wrong)


async def test_what_a_ready_text_says_is_for_the_version_that_was_read(
    world: World, service: HelplineService, ana: StaffMember, lead: StaffMember
) -> None:
    async def at_hand() -> tuple[str, str, str]:
        (found,) = [item for item in await service.material(ana, row) if item.kind == "canned"]
        return found.back, found.back_language, found.back_by

    row = (await service.case(ana, await world.opens(MOTHER))).row
    await service.keep_canned(lead, CannedText("calm", "es", "Respire despacio"))
    assert await at_hand() == ("", "", "")
    said = ReadBack("calm", "es", "en", "Breathe\u202e slowly", 1)
    with pytest.raises(NotAllowed):
        await service.read_back(ana, said)
    for wrong in (replace(said, into="es"), replace(said, into="xx"), replace(said, text="z" * 4000)):
        with pytest.raises(ValueError, match=r"language|longer"):
            await service.read_back(lead, wrong)
    for stale in (replace(said, version=2), replace(said, code="other"), replace(said, language="fr")):
        with pytest.raises(Conflict):
            await service.read_back(lead, stale)
    await service.read_back(lead, said)
    assert await at_hand() == ("Breathe slowly", "en", "Lea")
    await service.keep_canned(lead, CannedText("calm", "es", "Corra", version=1))
    assert await at_hand() == ("", "", "")
    (kept,) = await service.canned(lead)
    assert (kept.back, kept.back_old, kept.version) == ("Breathe slowly", True, 2)
    await service.read_back(lead, replace(said, text="Run", version=2))
    assert (await at_hand())[0] == "Run"
    await service.read_back(lead, replace(said, text=" ", version=2))
    assert await at_hand() == ("", "", "")


async def test_words_at_hand_are_in_the_persons_language(
    world: World, service: HelplineService, ana: StaffMember, lead: StaffMember
) -> None:
    await service.keep_canned(lead, CannedText("calm", "es", "Respire despacio"))
    await service.keep_canned(lead, CannedText("calm", "en", "Breathe slowly"))
    row = (await service.case(ana, await world.opens(MOTHER))).row
    found = {(item.kind, item.title, item.text) for item in await service.material(ana, row)}
    assert ("canned", "calm", "Respire despacio") in found
    assert ("knock", "", "es everyday.contact_knock_moment") in found
    assert "Breathe slowly" not in {text for _, _, text in found}


async def test_the_lease_is_told(world: World, service: HelplineService, mine: str, ana: StaffMember) -> None:
    assert (await service.case(ana, mine)).lease_until == world.clock.now() + LEASE


async def test_whoever_reads_a_case_may_raise_it_and_only_who_answers_for_it_lowers_it(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember, lead: StaffMember
) -> None:
    reference = await world.opens(MOTHER, Priority.ROUTINE)
    await service.judge(ben, reference, Priority.EMERGENCY, "he is at the door")
    (row,) = (await service.queue(ana)).rows
    assert (row.priority, row.due_at) == (Priority.EMERGENCY, world.clock.now() + timedelta(minutes=5))
    for who, wanted in ((ben, Priority.URGENT), (ben, Priority.EMERGENCY), (ana, Priority.ROUTINE)):
        with pytest.raises(Conflict):
            await service.judge(who, reference, wanted, "x")
    await service.claim(ana, reference)
    await service.judge(ana, reference, Priority.URGENT, "he has gone, her sister is there")
    await service.judge(lead, reference, Priority.ROUTINE, "as agreed with Ana")
    with pytest.raises(ValueError, match="empty"):
        await service.judge(lead, reference, Priority.URGENT, " ")
    lines = (await service.case(ana, reference)).lines
    judged = [(line.key, line.staff) for line in lines if line.key.startswith("judged")]
    assert judged == [("judged_raised", "Ben"), ("judged_lowered", "Ana"), ("judged_lowered", "Lea")]
    assert "he has gone, her sister is there" in [line.text for line in lines]
    await world.talk(MOTHER, in_danger_again)
    (row,) = (await service.queue(ana)).rows
    assert row.priority is Priority.EMERGENCY


async def in_danger_again(unit: TurnUnit) -> None:
    await unit.load()
    await unit.raise_case(RaiseCase(Priority.EMERGENCY, ("violence",)))
