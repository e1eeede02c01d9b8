"""Search: what fits is found, what cannot be looked for is said, and other helplines stay unseen."""

from __future__ import annotations

import re

import pytest

from bot.helpline.service import HelplineForm
from tests.unit.console.stage import PASSWORD, Stage, Visit
from tests.unit.console.week import a_week, staff_of_every_role


@pytest.fixture
async def found(stage: Stage) -> list[str]:
    """References of the open cases of a week."""
    await staff_of_every_role(stage)
    return await a_week(stage)


def listed(page: str) -> list[str]:
    return re.findall(r"<a href=\"/cases/([A-Z0-9-]+)#latest\"", page)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 10),
        ("state=closed", 4),
        ("priority=emergency", 4),
        ("flag=sexual_harm", 2),
        ("topic=identity_theft", 2),
        ("topic=identity_theft/fake_profile", 2),
        ("country=gh", 1),
        ("language=fr", 2),
        ("since=2026-03-03&until=2026-03-03", 8),
        ("until=2026-03-02", 2),
        ("state=closed&priority=urgent", 1),
        ("country=zz", 0),
    ],
)
async def test_what_fits_is_found(stage: Stage, found: list[str], ana: Visit, query: str, count: int) -> None:
    page = await ana.open(f"/search?{query}")
    assert len(listed(page)) == count
    if not count:
        assert "No case fits" in page


async def test_a_reference_is_found_however_it_is_typed(found: list[str], ana: Visit) -> None:
    assert listed(await ana.open(f"/search?reference=%20{found[0].lower()}")) == [found[0]]
    page = await ana.open(f"/search?reference={found[0].lower()}&only=1")
    assert ana.page.url.path == f"/cases/{found[0]}"
    assert found[0] in page


async def test_a_lead_searches_by_anybody_a_counsellor_by_herself(
    stage: Stage, found: list[str], ana: Visit
) -> None:
    sara, luis = Visit(stage.app), await stage.member("luis")
    await sara.sign_in("sara")
    assert len(listed(await sara.open(f"/search?holder={luis.id}"))) == 4
    page = await ana.open(f"/search?holder={luis.id}")
    assert len(listed(page)) == 10
    assert f'<option value="{luis.id}"' not in page
    await sara.close()


@pytest.mark.parametrize(
    "query",
    [
        *("state=gone", "priority=none", "flag=x", "since=yesterday", "until=0001-01-01", "since=9999-12-31"),
        *("after=x", "after=1.2.3", "after=99999999999999999999.1", "since=%00"),
    ],
)
async def test_what_cannot_be_looked_for_is_said(found: list[str], ana: Visit, query: str) -> None:
    page = await ana.open(f"/search?{query}")
    assert ana.page.status_code == 422
    assert "cannot be looked for" in page
    assert listed(page) == []


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "x" * 5000, "' OR 1=1 --", "%_"])
async def test_what_was_typed_harms_nothing(found: list[str], ana: Visit, text: str) -> None:
    answer = await ana.client.get("/search", params={"reference": text, "country": text})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert listed(answer.text) == []


async def test_many_cases_stand_on_several_pages(stage: Stage, ana: Visit) -> None:
    from tests.unit.console.stage import Case

    for chat in range(52):
        await stage.opens(chat, Case("x"))
    first = await ana.open("/search?state=new")
    onward = re.search(r'href="(/search\?[^"]*after=[^"]*)"', first)
    assert onward is not None
    assert "The newest 50 cases; more below" in first
    second = await ana.open(onward[1].replace("&amp;", "&"))
    assert len(listed(second)) == 2
    assert not set(listed(first)) & set(listed(second))


async def test_a_partner_finds_cases_but_opens_none(stage: Stage, found: list[str]) -> None:
    partner = Visit(stage.app)
    await partner.sign_in("partner")
    page = await partner.open("/search")
    assert found[0] in page
    assert listed(page) == []
    assert (await partner.client.get(f"/cases/{found[0]}")).status_code == 403
    await partner.open(f"/search?reference={found[0]}&only=1")
    assert partner.page.url.path == "/search"
    await partner.close()


async def test_cases_of_another_helpline_are_not_found(stage: Stage, found: list[str]) -> None:
    await stage.store.helplines.add("other", HelplineForm("Other", ("td",)))
    await stage.world.accounts.add("eva", "Eva", PASSWORD, "supervisor", "other")
    eva = Visit(stage.app)
    await eva.sign_in("eva")
    assert listed(await eva.open(f"/search?reference={found[0]}")) == []
    await eva.close()
