"""The auditor's page: every entry in words, none of a person, and a chain that is checked on the spot."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text

from tests.unit.console.stage import Stage, Visit
from tests.unit.console.week import an_office, staff_of_every_role


@pytest.fixture
async def audit(stage: Stage) -> AsyncIterator[Visit]:
    await staff_of_every_role(stage)
    await an_office(stage)
    visit = Visit(stage.app)
    await visit.sign_in("audit")
    yield visit
    await visit.close()


async def test_entries_stand_in_words_and_can_be_filtered(stage: Stage, audit: Visit) -> None:
    page = await audit.open("/audit")
    assert "Helpline made" in page
    assert "Admin (admin)" in page
    rows = re.findall(
        r'<td role="cell" data-head="What">([^<]*)</td>', await audit.open("/audit?what=text_kept")
    )
    assert rows == ["Ready text saved", "Ready text saved"]
    assert "No entry fits" in await audit.open("/audit?login=nobody")
    assert "No entry fits" in await audit.open("/audit?reference=%3Cscript%3E&what=" + "x" * 500)


async def test_many_entries_stand_on_several_pages(stage: Stage, audit: Visit) -> None:
    for _ in range(55):
        await stage.world.accounts.set_active("luis", True)
    page = await audit.open("/audit?what=account_unlocked")
    older = re.search(r'href="(/audit\?[^"]*before=[^"]*)"', page)
    assert older is not None
    page = await audit.open(older[1].replace("&amp;", "&"))
    assert page.count('<tr role="row"><td') == 5
    assert 'href="/audit?what=account_unlocked"' in page


@pytest.mark.parametrize("before", ["0", "-1", "x", str(2**63), "9" * 40])
async def test_a_page_that_does_not_exist_is_refused(audit: Visit, before: str) -> None:
    assert (await audit.client.get(f"/audit?before={before}")).status_code in (400, 422)


async def test_a_whole_chain_is_said_to_be_whole(audit: Visit) -> None:
    await audit.open("/audit")
    page = await audit.press("/audit")
    assert "The trail is whole" in page
    head = re.search(r'<dd class="secret">([0-9]+:[0-9a-f]{64})</dd>', page)
    assert head is not None
    assert "The trail is whole" in await audit.press("/audit", expected=head[1])
    number, _, digest = head[1].partition(":")
    page = await audit.press("/audit", expected=f"{number}:{digest[::-1]}")
    assert "the head noted earlier is not part of it" in page


async def test_a_check_that_takes_long_is_asked_for_again(stage: Stage, audit: Visit) -> None:
    check = stage.store.service.audit_check
    check.patience = 0
    await audit.open("/audit")
    page = await audit.press("/audit")
    assert "goes on beside this page" in page
    assert "Look again" in page
    number = re.search(r'name="number" value="([0-9]+)"', page)
    assert number is not None
    check.patience = 5
    assert "The trail is whole" in await audit.press("/audit", number=number[1])


@pytest.mark.parametrize("expected", ["x", "1:zz", ":", "<script>", "9" * 100_000])
async def test_a_head_that_is_none_is_refused(audit: Visit, expected: str) -> None:
    await audit.open("/audit")
    page = await audit.press("/audit", expected=expected)
    assert audit.page.status_code == 422
    assert "written as number:hash" in page


async def test_a_changed_entry_is_found(stage: Stage, audit: Visit) -> None:
    def change(connection: Connection) -> None:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET detail = 'x' WHERE seq = 2"))

    await stage.store.database.run(change)
    await audit.open("/audit")
    page = await audit.press("/audit")
    assert "not whole, at entry 2: an entry was changed" in page
