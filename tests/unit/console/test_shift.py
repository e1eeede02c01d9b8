"""The end of a shift: every case goes on with a note, none without, and no text is lost."""

from __future__ import annotations

import pytest

from bot.core.case import CaseState
from tests.unit.console.stage import Case, Stage, Visit

NOTE = "Situation: calm.\nRisk now: low."


@pytest.fixture
async def held(stage: Stage) -> list[str]:
    """Ana holds two cases."""
    found = [await stage.opens(chat, Case("x")) for chat in (1, 2)]
    for reference in found:
        await stage.store.service.claim(await stage.member("ana"), reference)
    return found


async def state(stage: Stage, reference: str) -> tuple[CaseState, str]:
    row = (await stage.store.service.case(await stage.member("ana"), reference)).row
    return row.state, row.offered_to


async def test_all_are_handed_over_each_with_its_note(stage: Stage, held: list[str], ana: Visit) -> None:
    luis = await stage.member("luis")
    page = await ana.open("/shift")
    assert "2 cases are still with you" in page
    assert "Safe contact:" in page
    fields = {f"note.{held[0]}": NOTE, f"note.{held[1]}": NOTE, f"to.{held[1]}": str(luis.id)}
    page = await ana.press("/shift", **fields)
    assert "Handed over, each with its note" in page
    assert "Offered, not yet accepted" in page
    assert await state(stage, held[0]) == (CaseState.NEW, "")
    assert (await state(stage, held[1]))[1] == "Luis"
    lines = (await stage.store.service.case(luis, held[0])).lines
    assert NOTE in [line.text for line in lines]


@pytest.mark.parametrize("note", ["", "  \n", "unfilled"])
async def test_without_a_note_nothing_is_handed_over_and_the_others_text_stays(
    stage: Stage, held: list[str], ana: Visit, note: str
) -> None:
    page = await ana.open("/shift")
    unfilled = "Situation:\nRisk now, and why:\nPromised, and by when:\nNext step:\nSafe contact:"
    fields = {f"note.{held[0]}": "<b>kept</b>", f"note.{held[1]}": unfilled if note == "unfilled" else note}
    page = await ana.press("/shift", **fields)
    assert ana.page.status_code == 422
    assert "Nothing was handed over yet" in page
    assert "&lt;b&gt;kept&lt;/b&gt;" in page
    assert await state(stage, held[0]) == (CaseState.CLAIMED, "")


async def test_a_note_of_100_kb_is_too_long_and_comes_back(stage: Stage, held: list[str], ana: Visit) -> None:
    await ana.open("/shift")
    page = await ana.press("/shift", **{f"note.{name}": "y" * 100_000 for name in held})
    assert ana.page.status_code == 422
    assert "longer than 10,000 characters" in page
    assert "y" * 100_000 in page
    assert await state(stage, held[0]) == (CaseState.CLAIMED, "")


async def test_a_case_that_was_taken_over_meanwhile_is_named(
    stage: Stage, held: list[str], ana: Visit
) -> None:
    await stage.world.accounts.add("sara", "Sara", "correct horse battery", "supervisor")
    await ana.open("/shift")
    await stage.store.service.take_over(await stage.member("sara"), held[1])
    page = await ana.press("/shift", **{f"note.{name}": NOTE for name in held})
    assert ana.page.status_code == 409
    assert f"meanwhile: {held[1]}." in page
    assert await state(stage, held[0]) == (CaseState.NEW, "")


@pytest.mark.parametrize("to", ["999", "x", "-1", "9" * 30, "\u0663"])
async def test_nobody_gets_a_case_by_a_forged_number(
    stage: Stage, held: list[str], ana: Visit, to: str
) -> None:
    await ana.open("/shift")
    await ana.press("/shift", **{f"note.{held[0]}": NOTE, f"to.{held[0]}": to})
    assert (await state(stage, held[0]))[1] == ""


async def test_somebody_elses_case_cannot_be_handed_over(stage: Stage, held: list[str], luis: Visit) -> None:
    page = await luis.open("/shift")
    assert "No case is with you" in page
    token = luis.form("/sign-out")["csrf"]
    answer = await luis.post("/shift", {"csrf": token, "token": "t", f"note.{held[0]}": NOTE})
    assert answer.status_code == 409
    assert await state(stage, held[0]) == (CaseState.CLAIMED, "")


async def test_notes_survive_a_session_that_ended(stage: Stage, held: list[str], ana: Visit) -> None:
    await ana.open("/shift")
    fields = {**ana.form("/shift"), f"note.{held[0]}": "the first", f"note.{held[1]}": "the second"}
    stage.clock.advance(hours=13)
    answer = await ana.post("/shift", fields)
    assert answer.status_code == 401
    page = await ana.press("/sign-in", login="ana", password="correct horse battery")
    assert "the first" in page
    assert "the second" in page
    assert "It has not been sent" in page
