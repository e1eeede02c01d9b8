"""Search, end of shift, figures, settings and audit in a real browser: at both widths, by keyboard, accessible."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_console import Show, faults, showing
from tests.unit.console.week import a_week, an_office, staff_of_every_role

PAGES = {
    "luis": ("/search", "/search?state=closed", "/shift", "/queue?view=mine"),
    "sara": ("/figures", "/admin/texts?code=still-here&language=en"),
    "admin": (
        *("/admin/staff", "/admin/staff?login=luis", "/admin/helplines?code=py-fono"),
        *("/admin/helplines?new=1", "/admin/alerts", "/admin/installation"),
    ),
    "audit": ("/audit",),
    "partner": ("/search",),
}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Show]:
    """One helpline for the whole file, after a week of work."""
    path = tmp_path_factory.mktemp("pages") / "week.db"
    shutil.copy(sqlite_template, path)
    with showing(path) as show:
        show.do(staff_of_every_role(show.stage))
        show.do(a_week(show.stage))
        show.do(an_office(show.stage))
        yield show


def whole(page: Page) -> list[str]:
    """What axe finds on all of a page at once: the bar below covers nothing then."""
    size = page.viewport_size
    assert size is not None
    high = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": high + 80})
    found = faults(page)
    page.set_viewport_size(size)
    return found


def picture(page: Page, login: str, place: str) -> None:
    """A picture for people, where somebody wants to look at the pages."""
    folder = os.environ.get("AMPARO_PICTURES")
    if folder:
        name = "".join(c if c.isalnum() else "-" for c in f"{login}{place}").strip("-")
        width = (page.viewport_size or {"width": 0})["width"]
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        page.screenshot(path=f"{folder}/{name}-{width}{'-dark' if dark else ''}.png", full_page=True)


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_every_page_is_accessible_and_never_wider_than_the_window(
    week: Show, browser: Browser, size: dict[str, int], scheme: Literal["light", "dark"]
) -> None:
    problems: dict[str, list[str]] = {}
    for login, places in PAGES.items():
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
        )
        page = context.new_page()
        week.enter(page, login)
        for place in places:
            page.goto(week.address + place)
            picture(page, login, place)
            problems[login + place] = whole(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], place
        context.close()
    assert {place: found for place, found in problems.items() if found} == {}
