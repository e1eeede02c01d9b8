"""The system page, help, and health."""

from __future__ import annotations

from bot.console.shortcuts import SHORTCUTS
from bot.core.helplines import DEFAULT
from bot.core.ports import TurnUnit
from bot.helpline.service import Wanted
from tests.unit.console.stage import PASSWORD, Case, Stage, Visit


async def dead_letter(stage: Stage) -> None:
    """An update that is given up, with words in it."""
    await stage.world.arrive(1, "a poisoned word", danger=("violence",))

    async def fails(unit: TurnUnit) -> None:
        raise ZeroDivisionError

    number = 0
    try:
        async with stage.store.turns.next(7001) as unit:
            assert unit is not None
            number = unit.inbox_id
            await fails(unit)
    except ZeroDivisionError:
        await stage.store.turns.failed(number, "bad_update", final=True)


async def test_the_system_page_shows_what_waits(stage: Stage, ana: Visit) -> None:
    page = await ana.open("/system")
    assert page.count("Nothing waits") == 3
    assert "None: nobody is called" in page
    admin = await stage.world.accounts.add("adm", "Adm", PASSWORD, "administrator")
    await stage.store.service.set_receivers(admin, DEFAULT, Wanted(email=("lead@helpline.example",)))
    assert "None: nobody is called" not in await ana.open("/system")
    await stage.opens(1, Case("x"))
    stage.clock.advance(minutes=3)
    page = await ana.open("/system")
    assert "for 3 min" in page
    assert "gauge-late" in page


async def test_a_dead_letter_is_seen_without_its_words_and_can_be_tried_again(
    stage: Stage, ana: Visit
) -> None:
    await dead_letter(stage)
    page = await ana.open("/system")
    assert "bad_update" in page
    assert "poisoned" not in page
    letter = (await stage.store.service.dead_letters(await stage.member("ana")))[0]
    page = await ana.press(f"/system/dead/{letter.id}/retry")
    assert "It is tried again now" in page
    assert "bad_update" not in page
    assert await stage.world.turn() == 1


async def test_a_dead_letter_that_is_gone_is_not_found(ana: Visit, stage: Stage) -> None:
    await dead_letter(stage)
    await ana.open("/system")
    letter = (await stage.store.service.dead_letters(await stage.member("ana")))[0]
    form = ana.form(f"/system/dead/{letter.id}/retry")
    for path in ("/system/dead/999/retry", "/system/dead/x/retry", f"/system/dead/{2**63}/retry"):
        assert (await ana.post(path, form)).status_code in (400, 404)


async def test_help_names_every_shortcut(ana: Visit) -> None:
    page = await ana.open("/help")
    for ways in SHORTCUTS.values():
        for key in ways[0]:
            assert f"<kbd>{key}</kbd>" in page


async def test_health_tells_without_a_session_and_nothing_else(visit: Visit) -> None:
    assert (await visit.client.get("/healthz")).json()["status"] == "ok"
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert (await visit.client.get(path)).status_code == 404
