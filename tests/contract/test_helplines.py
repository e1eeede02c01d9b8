"""Organisations: who they are there for, and that their cases exist for nobody else."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import Connection, update

from bot.core.case import Outcome
from bot.core.closing import Closing
from bot.core.helplines import DEFAULT
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotAllowed, NotFound
from bot.helpline.changes import ELSEWHERE
from bot.helpline.helplines import HelplineForm, form_of
from bot.helpline.service import HelplineService, StaffMember
from bot.helpline.tables import cases, helplines
from tests.contract.world import MOTHER, TEACHER, World

PASSWORD = "correct horse battery"
LINE = HelplineForm(
    name=" Línea  Uno ",
    countries=["CR", "pa", "cr"],
    languages=["es"],
    hours={"mon": ["08:00-12:00", "20:00-00:00"], "sun": []},
    zone="America/Costa_Rica",
    due={"emergency": 2},
    retention_days=30,
    alerts={"email": ["lead@example.org"]},
)


async def test_the_default_one_is_there_from_the_start(world: World) -> None:
    (default,) = await world.store.helplines.all()
    assert (default.code, default.is_default, default.retention_days) == (DEFAULT, True, 365)
    assert default.covers("xx", "yy")
    assert default.open_at(world.clock.now())


async def test_what_was_set_comes_back(world: World) -> None:
    made = await world.store.helplines.add("uno", LINE)
    assert made == await world.store.helplines.by_code("uno")
    assert (made.name, made.countries, made.languages) == ("Línea Uno", ("cr", "pa"), ("es",))
    assert made.due[Priority.EMERGENCY].total_seconds() == 120
    assert made.due[Priority.URGENT].total_seconds() == 3600
    assert made.alerts == {"email": ["lead@example.org"]}
    assert await world.store.helplines.change("uno", form_of(made)) == made


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (HelplineForm(name=""), "name"),
        (HelplineForm(name="x\u202ey"), "name"),
        (HelplineForm(name="x", zone="Nowhere/City"), "zone"),
        (HelplineForm(name="x", zone="../../etc/passwd"), "zone"),
        (HelplineForm(name="x", countries=["c'r"]), "codes"),
        (HelplineForm(name="x", hours={"someday": ["08:00-09:00"]}), "days"),
        (HelplineForm(name="x", hours={"mon": ["9-10"]}), "hours"),
        (HelplineForm(name="x", hours={"mon": ["10:00-09:00"]}), "hours"),
        (HelplineForm(name="x", due={"soon": 5}), "due"),
        (HelplineForm(name="x", due={"urgent": 0}), "due"),
        (HelplineForm(name="x", retention_days=0), "kept"),
    ],
)
async def test_nonsense_is_refused_and_changes_nothing(world: World, form: HelplineForm, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        await world.store.helplines.add("uno", form)
    assert len(await world.store.helplines.all()) == 1


async def test_codes_are_unique_and_plain(world: World) -> None:
    await world.store.helplines.add("uno", LINE)
    with pytest.raises(Conflict):
        await world.store.helplines.add("uno", LINE)
    with pytest.raises(ValueError, match="code"):
        await world.store.helplines.add("U no", LINE)
    with pytest.raises(NotFound):
        await world.store.helplines.change("dos", LINE)
    with pytest.raises(NotFound):
        await world.accounts.add("eva", "Eva", PASSWORD, helpline="dos")


@pytest.mark.parametrize("form", [LINE, HelplineForm(name="x", active=False)])
async def test_the_default_one_cannot_be_narrowed(world: World, form: HelplineForm) -> None:
    with pytest.raises(ValueError, match="everything"):
        await world.store.helplines.change(DEFAULT, form)


Try = Callable[[HelplineService, StaffMember, str], Coroutine[Any, Any, Any]]
TRIES: dict[str, Try] = {
    "case": lambda service, who, name: service.case(who, name),
    "claim": lambda service, who, name: service.claim(who, name),
    "heartbeat": lambda service, who, name: service.heartbeat(who, name),
    "release": lambda service, who, name: service.release(who, name, "for the next one"),
    "reply": lambda service, who, name: service.reply(who, name, "x", seen=99, token="t"),
    "note": lambda service, who, name: service.note(who, name, "x"),
    "save_draft": lambda service, who, name: service.save_draft(who, name, "x"),
    "close": lambda service, who, name: service.close(who, name, Closing(Outcome.SUPPORTED, tell=False)),
}


@pytest.mark.parametrize("what", TRIES)
async def test_a_case_of_another_helpline_is_not_found(world: World, what: str) -> None:
    await world.store.helplines.add("uno", LINE)
    ana, eva = await world.staff(), await world.accounts.add("eva", "Eva", PASSWORD, helpline="uno")
    reference = await world.opens(MOTHER)
    await world.store.service.claim(ana, reference)
    with pytest.raises(NotFound):
        await TRIES[what](world.store.service, eva, reference)


async def test_lists_counts_and_the_stream_stop_at_the_border(world: World) -> None:
    await world.store.helplines.add("uno", LINE)
    ana, eva = await world.staff(), await world.accounts.add("eva", "Eva", PASSWORD, helpline="uno")
    service = world.store.service
    own, other = await world.opens(MOTHER), await world.opens(TEACHER)
    await world.store.database.run(give, other, "uno")
    for who, reference in ((ana, own), (eva, other)):
        page = await service.queue(who)
        assert [row.reference for row in page.rows] == [reference]
        assert sum(page.counts.values()) == 1
        told = {change.reference for change in await service.changes_since(who, 0)}
        assert told == {reference, ""}
        assert {c.what for c in await service.changes_since(who, 0) if not c.reference} == {ELSEWHERE}
    assert await service.take_next(eva) == other
    assert await service.take_next(eva) is None


async def test_whoever_has_no_helpline_sees_nothing(world: World) -> None:
    reference = await world.opens(MOTHER)
    lost = StaffMember(1, "lost", "Lost", "supervisor", None, "")
    service = world.store.service
    assert (await service.queue(lost)).rows == ()
    assert await service.take_next(lost) is None
    assert {change.what for change in await service.changes_since(lost, 0)} == {ELSEWHERE}
    with pytest.raises(NotFound):
        await service.case(lost, reference)


async def test_the_service_asks_for_the_role_too(world: World) -> None:
    reference = await world.opens(MOTHER)
    partner = await world.accounts.add("pat", "Pat", PASSWORD, "partner")
    service = world.store.service
    assert len((await service.queue(partner)).rows) == 1
    for attempt in TRIES.values():
        with pytest.raises(NotAllowed):
            await attempt(service, partner, reference)
    with pytest.raises(NotAllowed):
        await service.take_next(partner)
    with pytest.raises(NotAllowed):
        await service.dead_letters(partner)


def give(connection: Connection, reference: str, code: str) -> None:
    """A case goes to another helpline."""
    mine = update(cases).where(cases.c.reference == reference)
    wanted = helplines.select().with_only_columns(helplines.c.id).where(helplines.c.code == code)
    connection.execute(mine.values(helpline_id=wanted.scalar_subquery()))
