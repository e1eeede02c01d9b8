"""What leaves, leaves by four eyes, once, and on record."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest

from bot.core.closing import Closing
from bot.core.outcome import Outcome
from bot.errors import Conflict, NotAllowed, NotFound
from bot.helpline.exports import Exports, _cell
from bot.helpline.helplines import HelplineForm
from bot.helpline.service import StaffMember
from tests.contract.world import MOTHER, TEACHER, World

PASSWORD = "correct horse battery"


@pytest.fixture
async def lea(world: World) -> StaffMember:
    return await world.accounts.add("lea", "Lea", PASSWORD, "supervisor")


@pytest.fixture
async def max_(world: World) -> StaffMember:
    return await world.accounts.add("max", "Max", PASSWORD, "supervisor")


@pytest.fixture
def exports(world: World) -> Exports:
    return world.store.service.exports


async def test_one_case_with_its_words(
    world: World, exports: Exports, lea: StaffMember, max_: StaffMember
) -> None:
    reference = await world.opens(MOTHER, text="he hit me")
    number = await exports.ask_case(lea, reference.lower(), "court")
    with pytest.raises(NotAllowed):
        await exports.decide(lea, number, True)
    with pytest.raises(Conflict):
        await exports.fetch(lea, number)
    await exports.decide(max_, number, True)
    with pytest.raises(NotAllowed):
        await exports.fetch(max_, number)
    file = await exports.fetch(lea, number)
    assert "he hit me" in [line["text"] for line in json.loads(file.content)["lines"]]
    with pytest.raises(Conflict):
        await exports.fetch(lea, number)
    (seen,) = await exports.all(max_)
    assert (seen.state, seen.asked_by, seen.decided_by, seen.mine) == ("fetched", "lea", "max", False)
    auditor = await world.accounts.add("aud", "Aud", PASSWORD, "auditor")
    rows = (await world.store.audit.page(auditor, reference=reference)).rows
    told = [(row.what, row.login) for row in rows if row.what.startswith("export")]
    assert told == [("export_fetched", "lea"), ("export_approved", "max"), ("export_asked", "lea")]


async def test_rows_of_many_cases_without_words(
    world: World, exports: Exports, lea: StaffMember, max_: StaffMember
) -> None:
    reference = await world.opens(MOTHER, text="he hit me")
    ana = await world.staff()
    await world.store.service.claim(ana, reference)
    await world.store.service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    today = world.clock.now().date()
    world.clock.advance(days=1)
    await world.opens(TEACHER)
    number = await exports.ask_cases(lea, today, today, "research")
    await exports.decide(max_, number, True)
    content = (await exports.fetch(lea, number)).content.decode()
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["reference"], row["outcome"], row["flags"]) == (reference, "supported", "violence")
    assert "hit" not in content


async def test_a_refused_one_and_an_old_one_cannot_be_fetched(
    world: World, exports: Exports, lea: StaffMember, max_: StaffMember
) -> None:
    today = world.clock.now().date()
    refused = await exports.ask_cases(lea, today, today, "research")
    await exports.decide(max_, refused, False)
    with pytest.raises(Conflict):
        await exports.decide(max_, refused, True)
    with pytest.raises(Conflict):
        await exports.fetch(lea, refused)
    late = await exports.ask_cases(lea, today, today, "research")
    old = await exports.ask_cases(lea, today, today, "research")
    await exports.decide(max_, old, True)
    world.clock.advance(hours=25)
    with pytest.raises(Conflict):
        await exports.decide(max_, late, True)
    with pytest.raises(Conflict):
        await exports.fetch(lea, old)
    assert [one.state for one in await exports.all(lea)] == ["expired", "expired", "refused"]


async def test_another_helpline_knows_nothing_of_it(world: World, exports: Exports, lea: StaffMember) -> None:
    await world.store.helplines.add("uno", HelplineForm(name="Uno", countries=["py"]))
    far = await world.accounts.add("far", "Far", PASSWORD, "supervisor", helpline="uno")
    reference = await world.opens(MOTHER)
    number = await exports.ask_case(lea, reference, "court")
    with pytest.raises(NotFound):
        await exports.ask_case(far, reference, "court")
    with pytest.raises(NotFound):
        await exports.decide(far, number, True)
    with pytest.raises(NotFound):
        await exports.fetch(far, number)
    assert await exports.all(far) == []


@pytest.mark.parametrize("role", ["counsellor", "auditor", "partner"])
async def test_others_neither_ask_nor_decide(world: World, exports: Exports, role: str) -> None:
    who = await world.accounts.add("who", "Who", PASSWORD, role)
    today = world.clock.now().date()
    with pytest.raises(NotAllowed):
        await exports.ask_cases(who, today, today, "research")
    with pytest.raises(NotAllowed):
        await exports.decide(who, 1, True)
    with pytest.raises(NotAllowed):
        await exports.all(who)


async def test_an_administrator_decides_but_reads_nothing(
    world: World, exports: Exports, lea: StaffMember
) -> None:
    admin = await world.accounts.add("adm", "Adm", PASSWORD, "administrator")
    number = await exports.ask_case(lea, await world.opens(MOTHER), "court")
    await exports.decide(admin, number, True)
    with pytest.raises(NotAllowed):
        await exports.fetch(admin, number)


@pytest.mark.parametrize(
    ("since", "until", "purpose"),
    [
        (date(2026, 1, 2), date(2026, 1, 1), "research"),
        (date(2025, 1, 1), date(2026, 2, 1), "research"),
        (date(2026, 1, 1), date(2026, 1, 1), "because"),
    ],
)
async def test_nonsense_is_refused(
    exports: Exports, lea: StaffMember, since: date, until: date, purpose: str
) -> None:
    with pytest.raises(ValueError, match=r"an export|a purpose"):
        await exports.ask_cases(lea, since, until, purpose)
    assert await exports.all(lea) == []


def test_a_cell_is_never_a_formula() -> None:
    assert [_cell(value) for value in ("=1+1", "@x", -1, None, ("a", "b"))] == [
        "'=1+1",
        "'@x",
        "-1",
        "",
        "a b",
    ]
