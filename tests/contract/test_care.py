"""Those who answer are looked after, and nobody is singled out by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.case import CaseState
from bot.core.closing import Closing
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotFound
from bot.helpline.service import HelplineService, StaffMember
from bot.helpline.tables import audit, staff
from bot.helpline.team_load import FEW, Sum
from tests.contract.test_exposure import opens
from tests.contract.world import World

PASSWORD = "correct horse battery"


async def at_work(world: World, *logins: str) -> None:
    for login in logins:
        await world.accounts.sign_in(login, PASSWORD, "")


async def test_take_next_passes_over_topics_one_keeps_away_from(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember
) -> None:
    await service.keep_from(ana, ["self_harm", "bullying", "abuse/own_behaviour"])
    assert (await service.care(ana)).kept_from == ("self_harm", "abuse/own_behaviour", "bullying")
    stored = await world.store.database.read(lambda c: c.execute(select(staff.c.avoids)).scalars().all())
    assert any(stored)
    assert all(b"self_harm" not in value for value in stored if value)
    await opens(world, 1, Priority.URGENT, "self_harm")
    assert await service.take_next(ana) is None  # it is no danger to life: the lead is called when it is late
    other = await opens(world, 2, Priority.ROUTINE, "violence")
    assert await service.take_next(ana) == other
    with pytest.raises(ValueError, match="no such topic"):
        await service.keep_from(ana, ["everything"])
    await service.keep_from(ana, [])
    assert await service.take_next(ana) is not None


async def test_danger_to_life_is_passed_over_only_for_who_is_there_and_never_beyond_its_time(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember
) -> None:
    await service.keep_from(ana, ["self_harm"])
    await at_work(world, "ana", "ben")
    emergency = await opens(world, 1, Priority.EMERGENCY, "self_harm")
    assert await service.take_next(ana) is None
    await service.keep_from(ben, ["bullying"])  # nobody is left who takes everything
    assert await service.take_next(ana) == emergency
    await service.release(ana, emergency, "back")
    await service.keep_from(ben, [])
    assert await service.take_next(ana) is None
    await service.take_break(ben, 20)
    assert await service.take_next(ana) == emergency
    await service.release(ana, emergency, "back")
    await service.end_break(ben)
    world.clock.advance(minutes=5)
    assert await service.take_next(ana) == emergency


async def test_a_break_is_nobodys_to_cut_and_lets_no_emergency_wait(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember
) -> None:
    await at_work(world, "ana")
    reference = await opens(world, 1, Priority.EMERGENCY, "imminent_danger")
    await service.claim(ana, reference)
    with pytest.raises(Conflict, match="hand it over first"):
        await service.take_break(ana, 5)
    await service.stand_by(ben, reference, "seen")
    await service.close(ana, reference, Closing(Outcome.SUPPORTED))
    assert (await service.care(ana)).now.after_emergency
    with pytest.raises(ValueError, match="5, 10 or 20"):
        await service.take_break(ana, 60)
    await service.take_break(ana, 10)
    until = world.clock.now() + timedelta(minutes=10)
    assert not await service.on_duty()  # nobody is promised a person who rests
    told = (await service.queue(ben)).care
    assert told is not None
    assert told.resting == (("Ana", until),)
    assert (await service.care(ana)).now.break_until == until
    light = await opens(world, 2, Priority.ROUTINE)
    await service.claim(ben, light)
    with pytest.raises(Conflict, match="takes a break"):
        await service.offer(ben, light, ana.id, "please")
    assert [one.name for one in await service.colleagues(ben)] == []
    await service.release(ben, light, "next")
    assert await service.take_next(ana) == light  # whoever takes a case is back
    assert (await service.care(ana)).now.break_until is None
    assert await service.on_duty()


async def test_dose_hard_moments_talks_and_what_became_of_it(
    world: World, service: HelplineService, ana: StaffMember, ben: StaffMember
) -> None:
    first = await opens(world, 1, Priority.URGENT, "sexual_harm")
    second = await opens(world, 2, Priority.ROUTINE)
    await service.claim(ana, first)
    await service.claim(ana, second)
    world.clock.advance(minutes=12)
    for _ in range(2):
        await service.mark_hard(ana, second)
    care = await service.care(ana)
    assert (care.now.hard, care.minutes, care.became) == (2, 24, ())
    await service.release(ana, first, "please go on")
    await service.claim(ben, first)
    await service.close(ben, first, Closing(Outcome.REFERRED, referral="mental_health"))
    world.clock.advance(minutes=1)
    care = await service.care(ana)
    assert [(one.reference, one.state, one.outcome) for one in care.became] == [
        (first, CaseState.CLOSED, "referred")
    ]
    assert care.minutes == 25  # only the second goes on

    await service.ask_talk(ana, ben.id)
    await service.ask_talk(ana, ben.id)
    asked = (await service.care(ben)).asks
    assert [(ask.name, ask.own, ask.answer) for ask in asked] == [("Ana", False, "")]
    with pytest.raises(NotFound):
        await service.answer_talk(ana, asked[0].id, yes=True)
    await service.answer_talk(ben, asked[0].id, yes=True)
    assert [(ask.name, ask.own, ask.answer) for ask in (await service.care(ana)).asks] == [
        ("Ben", True, "yes")
    ]
    with pytest.raises(NotFound):
        await service.ask_talk(ana, ana.id)

    def acts(connection: object) -> list[tuple[str, int | None]]:
        rows = connection.execute(select(audit.c.what, audit.c.staff_id))  # type: ignore[attr-defined]
        return [(row.what, row.staff_id) for row in rows]

    found = await world.store.database.read(acts)
    assert {who for what, who in found if what in ("hard_marked", "talk_asked", "talk_answered")} == {None}


async def test_the_lead_sees_the_team_and_no_person(world: World, service: HelplineService) -> None:
    lead = await world.accounts.add("sara", "Sara", PASSWORD, "supervisor")
    people = [await world.staff(f"one{n}", f"One {n}") for n in range(FEW)]
    for number, one in enumerate(people):
        if number == FEW - 1:
            few = (await service.report(lead, 7)).exposure
            assert few["hard"] == few["breaks"] == Sum(0, 0, few=True)
        reference = await opens(world, number + 1, Priority.URGENT, "sexual_harm")
        await service.claim(one, reference)
        await service.take_break(one, 5)
    await service.mark_hard(people[0], reference)
    found = (await service.report(lead, 7)).exposure
    assert found["hard"] == found["taken"] == found["breaks"] == Sum(FEW, FEW)
    assert found["marked"].few
    assert found["full"] == found["talks"] == Sum(0, 0)
    partner = await world.accounts.add("pat", "Pat", PASSWORD, "partner")
    assert not (await service.report(partner, 7)).exposure
