"""The lead's figures: a chart and a table that say the same, for whoever may see them."""

from __future__ import annotations

import re

import pytest

from bot.console.charts import Bar, columns, lines
from tests.unit.console.stage import Stage, Visit
from tests.unit.console.week import a_week, staff_of_every_role


@pytest.fixture
async def sara(stage: Stage) -> Visit:
    """A lead before the sign-in: a week is longer than a session."""
    await staff_of_every_role(stage)
    return Visit(stage.app)


def cells(page: str, title: str) -> list[list[str]]:
    """The rows of the table under a title, as plain words."""
    part = page.partition(f">{title}</h2>")[2].partition("</section>")[0]
    rows = re.findall(r"<tr role=\"row\">(<td.*?)</tr>", part, re.DOTALL)
    plain = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]*>", "", cell).strip() for cell in row] for row in plain]


async def test_the_figures_of_a_week(stage: Stage, sara: Visit) -> None:
    await a_week(stage)
    await sara.sign_in("sara")
    page = await sara.open("/figures")
    waiting = cells(page, "Time to a person, by priority")
    assert waiting[0] == ["Emergency", "4", "2", "0%", "14 min", "14 min"]
    assert waiting[2] == ["Routine", "2", "1", "100%", "21 min", "21 min"]
    assert ["17:00", "1", "7 min"] in cells(page, "By hour of the day")
    assert ["Ana", "2", "2", "2"] in cells(page, "Workload")
    assert ["Sexual harm", "0", "1", "0%"] in cells(page, "Were the flags right?")
    assert ["False alarm", "1"] in cells(page, "How cases ended")
    assert ["Violence", "1"] in cells(page, "What it was about")
    assert page.count('<svg class="chart"') >= 7
    assert "style=" not in page


async def test_what_is_overdue_shows(stage: Stage, sara: Visit) -> None:
    await a_week(stage)
    stage.clock.advance(minutes=61)
    await sara.sign_in("sara")
    page = await sara.open("/figures?days=30")
    assert cells(page, "Overdue now") == [["Emergency", "2"], ["Urgent", "3"], ["Routine", "0"]]


async def test_without_cases_it_says_so(sara: Visit) -> None:
    await sara.sign_in("sara")
    page = await sara.open("/figures?days=90")
    assert "Nothing to count in this period" in page
    assert sara.page.status_code == 200


@pytest.mark.parametrize("days", ["0", "8", "-1", "x", "9" * 40])
async def test_another_period_is_refused(sara: Visit, days: str) -> None:
    await sara.sign_in("sara")
    assert (await sara.client.get(f"/figures?days={days}")).status_code in (400, 422)


async def test_workload_is_for_leads_only(stage: Stage) -> None:
    await staff_of_every_role(stage)
    for login in ("partner", "admin", "audit"):
        visit = Visit(stage.app)
        await visit.sign_in(login)
        page = await visit.open("/figures")
        assert "Workload" not in page
        assert ">Ana<" not in page
        await visit.close()


def test_the_longest_bar_fills_the_chart_and_none_leaves_it() -> None:
    chart = lines("x", [Bar("a" * 90, 3, "3", soft=1), Bar("b", 0, "0"), Bar("c", 2, "2", late=True)])
    assert all(rect.x >= 0 and rect.x + rect.width <= chart.wide for rect in chart.rects)
    assert all(rect.y >= 0 and rect.y + rect.height <= chart.high for rect in chart.rects)
    assert max(rect.x + rect.width for rect in chart.rects if rect.kind == "soft") == chart.wide
    assert max(len(label.word) for label in chart.labels) < 50
    drawn = columns("x", [Bar(str(at), at % 5) for at in range(24)], every=3)
    assert all(rect.y >= 0 and rect.y + rect.height <= drawn.high for rect in drawn.rects)
    assert [label.word for label in drawn.labels] == ["0", "3", "6", "9", "12", "15", "18", "21"]
    assert columns("x", []).rects
    assert lines("x", []).high > 0
