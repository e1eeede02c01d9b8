"""The figures page says what it leaves out for readers outside of the team, and to the lead it leaves out nothing."""

from __future__ import annotations

from tests.unit.console.stage import PASSWORD, Case, Stage, Visit


async def test_a_partner_sees_that_there_are_few_and_not_how_many(stage: Stage) -> None:
    await stage.opens(1, Case("help"))
    for login, role in (("pat", "partner"), ("sup", "supervisor")):
        await stage.world.accounts.add(login, login.capitalize(), PASSWORD, role)
    partner, lead = Visit(stage.app), Visit(stage.app)
    await partner.sign_in("pat")
    page = await partner.open("/figures")
    assert "Figures below 5 are left out" in page
    assert ">few</td>" in page
    await lead.sign_in("sup")
    page = await lead.open("/figures")
    assert "are left out" not in page
    assert ">few</td>" not in page
    for visit in (partner, lead):
        await visit.close()
