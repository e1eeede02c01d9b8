"""Coming in with a one-time code, one's own account and exports, in a real browser at both widths."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_console import Show, faults, showing
from tests.unit.console.stage import PASSWORD, Case


@pytest.fixture
def strict(tmp_path: Path, sqlite_template: Path) -> Iterator[Show]:
    """A console that asks for codes."""
    path = tmp_path / "strict.db"
    shutil.copy(sqlite_template, path)
    with showing(path, waive_codes=False) as show:
        show.do(show.stage.world.accounts.add("lea", "Lea", PASSWORD, "supervisor"))
        yield show


def sign_in(page: Page, show: Show) -> None:
    page.goto(f"{show.address}/sign-in")
    page.get_by_label("Name of your account").fill("lea")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def walk(page: Page, show: Show) -> None:
    """From the first sign-in to an export that waits, each page accessible and as wide as the window."""
    sign_in(page, show)
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    well_made(page)
    picture(page, "enrol")
    secret = re.sub(r"\s", "", page.locator(".secret").inner_text())
    totp = pyotp.TOTP(secret)
    page.get_by_label("The six figures").fill(totp.at(show.stage.clock.now()))
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    well_made(page)
    picture(page, "codes")
    page.get_by_role("link", name="I have kept them").click()
    reference = show.do(show.stage.opens(1, Case("help")))
    page.goto(f"{show.address}/account")
    well_made(page)
    picture(page, "account")
    page.locator("#content").get_by_role("link", name="Exports").click()
    page.get_by_label("Reference of the case").fill(reference)
    page.get_by_role("button", name="Ask for it").first.click()
    expect(page.get_by_text("Waits for a decision")).to_be_visible()
    well_made(page)
    picture(page, "exports")
    page.get_by_role("button", name="Sign out").click()
    show.stage.clock.advance(seconds=60)
    sign_in(page, show)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    well_made(page)
    picture(page, "code")
    page.get_by_label("Code from your app").fill(totp.at(show.stage.clock.now()))
    page.get_by_role("button", name="Go on").click()
    show.ready(page)


def well_made(page: Page) -> None:
    """Accessible, and never wider than the window; looked at whole, with nothing behind the bar below."""
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": size["width"], "height": 1600})
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(size)


def picture(page: Page, name: str) -> None:
    """A picture for people, where somebody wants to look at the pages."""
    folder = os.environ.get("AMPARO_PICTURES")
    if folder:
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_coming_in_with_a_code(strict: Show, page: Page) -> None:
    walk(page, strict)


def test_coming_in_with_a_code_on_a_phone(strict: Show, phone: Page) -> None:
    walk(phone, strict)
