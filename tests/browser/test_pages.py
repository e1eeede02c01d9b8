"""Search, end of shift, figures, settings and audit in a real browser: at both widths, by keyboard, accessible."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.core.effects import Audience
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_console import Show, faults, showing
from tests.unit.console.stage import Case
from tests.unit.console.week import a_week, an_office, staff_of_every_role

PAGES = {
    "luis": ("/search", "/search?state=closed", "/shift", "/queue?view=mine", "/care"),
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


def test_a_shift_ends_by_keyboard_alone(week: Show, page: Page) -> None:
    week.enter(page, "luis")
    page.keyboard.press("Control+k")
    page.keyboard.type("end of")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 cases are still with you")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.localName") != "textarea":
            page.keyboard.press("Tab")
        page.keyboard.press("Control+End")
        page.keyboard.type(" by her telephone, after four")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Handed over, each with its note")).to_be_visible()
    expect(page.get_by_text("No case is with you")).to_be_visible()


def test_a_case_opens_by_its_reference_from_everywhere(week: Show, page: Page) -> None:
    reference = week.do(week.stage.opens(900, Case("where is she", {"violence": "she"})))
    week.enter(page)
    page.goto(f"{week.address}/help")
    week.ready(page)
    page.keyboard.press("/")
    expect(page.get_by_placeholder("What to do, or the reference of a case")).to_be_focused()
    picture(page, "ana", "palette")
    assert faults(page) == []
    page.keyboard.type(reference.lower())
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{week.address}/cases/{reference}#latest")
    # what the page can do stands in the list too, and nothing else
    week.ready(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("button", name="Go to the answer")).to_be_hidden()
    page.keyboard.type("note")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Note for staff only")).to_be_focused()


def test_words_for_the_answer_come_by_a_stroke_at_the_begin_of_a_line(week: Show, page: Page) -> None:
    reference = week.do(week.stage.opens(901, Case("are you there", audience=Audience("en", "gh", "parent"))))
    week.do(week.stage.store.service.claim(week.member("ana"), reference))
    week.enter(page)
    page.goto(f"{week.address}/cases/{reference}")
    week.ready(page)
    reply = page.get_by_label("Message to the family")
    reply.fill("Good evening.\n")
    reply.press("/")
    page.keyboard.type("still")
    page.keyboard.press("Enter")
    expect(reply).to_have_value("Good evening.\n\nI am still here.")
    reply.fill("")
    reply.press("/")
    page.keyboard.press("Escape")
    expect(reply).to_have_value("/")


def test_who_else_looks_at_a_case_shows_without_reloading(week: Show, page: Page) -> None:
    reference = week.do(week.stage.opens(902, Case("hello")))
    week.enter(page)
    page.goto(f"{week.address}/cases/{reference}")
    week.ready(page)
    expect(page.locator(".readers")).to_have_count(0)
    week.do(week.stage.store.service.case(week.member("sara"), reference))
    expect(page.locator(".readers")).to_have_text("Sara looked at it just now")


def test_on_a_phone_the_other_sections_are_behind_more(week: Show, phone: Page) -> None:
    week.enter(phone, "sara")
    expect(phone.get_by_role("link", name="Exports")).to_be_hidden()
    phone.get_by_text("More").click()
    picture(phone, "sara", "more")
    phone.get_by_role("link", name="Exports").click()
    expect(phone.get_by_role("heading", name="Exports", level=1)).to_be_visible()
