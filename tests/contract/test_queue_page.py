"""The queue: the gravest first, then what is due first; nothing is hidden without being counted."""

from __future__ import annotations

import pytest

from bot.core.case import Outcome
from bot.core.closing import Closing
from bot.core.taxonomy import Priority
from bot.helpline.service import HelplineService, StaffMember
from tests.contract.world import MOTHER, World

URGENT, ROUTINE, EMERGENCY = Priority.URGENT, Priority.ROUTINE, Priority.EMERGENCY


async def several(world: World) -> list[str]:
    """Seven cases, in the order in which the queue must show them."""
    given = [ROUTINE, URGENT, EMERGENCY, URGENT, ROUTINE, EMERGENCY, URGENT]
    references = []
    for chat, priority in enumerate(given, 100):
        references.append(await world.opens(chat, priority))
        world.clock.advance(seconds=1)
    return [references[n] for n in (2, 5, 1, 3, 6, 0, 4)]


async def test_an_empty_queue(service: HelplineService, ana: StaffMember) -> None:
    page = await service.queue(ana)
    assert (page.rows, page.hidden, page.after) == ((), 0, None)
    assert page.counts == {ROUTINE: 0, URGENT: 0, EMERGENCY: 0}


async def test_the_order_is_priority_then_due_time(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    expected = await several(world)
    page = await service.queue(ana)
    assert [row.reference for row in page.rows] == expected
    assert page.counts == {ROUTINE: 2, URGENT: 3, EMERGENCY: 2}
    assert page.after is None


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
async def test_pages_show_each_case_once_and_count_the_rest(
    world: World, service: HelplineService, ana: StaffMember, limit: int
) -> None:
    expected = await several(world)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await service.queue(ana, limit=limit, after=after)
        seen += [row.reference for row in page.rows]
        assert page.hidden == len(expected) - len(seen)
        if page.after is None:
            break
        after = page.after
    assert seen == expected


async def test_mine_are_those_i_hold(world: World, service: HelplineService, ana: StaffMember) -> None:
    expected = await several(world)
    ben = await world.staff("ben", "Ben")
    await service.claim(ana, expected[4])
    await service.claim(ben, expected[0])
    await service.claim(ana, expected[1])
    page = await service.queue(ana, view="mine")
    assert [row.reference for row in page.rows] == [expected[1], expected[4]]
    assert len((await service.queue(ana)).rows) == 7


async def test_closed_ones_are_newest_first_over_pages(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    references = await several(world)
    for reference in references[:5]:
        await service.claim(ana, reference)
        await service.close(
            ana, reference, Closing(Outcome.SUPPORTED, tell=False, alone=True, note="nobody else is here")
        )
        world.clock.advance(seconds=1)
    first = await service.queue(ana, view="closed", limit=3)
    second = await service.queue(ana, view="closed", limit=3, after=first.after)
    assert [row.reference for row in (*first.rows, *second.rows)] == references[4::-1]
    assert (first.hidden, second.hidden, second.after) == (2, 0, None)
    assert first.counts == {ROUTINE: 2, URGENT: 0, EMERGENCY: 0}


async def test_a_row_shows_nothing_the_person_wrote(
    world: World, service: HelplineService, ana: StaffMember
) -> None:
    await world.opens(MOTHER, text="a private thing")
    (row,) = (await service.queue(ana)).rows
    assert "private" not in repr(row)


@pytest.mark.parametrize(
    "after", ["", "x", "1.2", "1.2.3.4", "9" * 64, "-3.99999999999999999999.1", "0.0.-1"]
)
async def test_a_forged_page_is_refused(service: HelplineService, ana: StaffMember, after: str) -> None:
    with pytest.raises(ValueError, match="page"):
        await service.queue(ana, after=after)


async def test_an_unknown_view_is_refused(service: HelplineService, ana: StaffMember) -> None:
    with pytest.raises(ValueError, match="view"):
        await service.queue(ana, view="all")  # type: ignore[arg-type]
