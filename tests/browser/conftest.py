"""A real browser: one for each file, a fresh context for each test.

Found by AMPARO_CHROMIUM, then as chromium, chromium-browser or google-chrome on the PATH,
else Playwright's own download is used.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str | None:
    """Where the browser is; None where Playwright's own is to be used."""
    named = os.environ.get("AMPARO_CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)


# Not for the session: while it runs, Playwright holds an event loop that no asynchronous test can pass.
# A busy machine is slow; what must be quick says so where it is expected.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desktop page; a script error or a refused resource fails the test."""
    yield from watched(browser, DESKTOP)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page as wide as a phone, with a touch screen."""
    yield from watched(browser, PHONE, touch=True)


def watched(browser: Browser, viewport: dict[str, int], *, touch: bool = False) -> Iterator[Page]:
    """A page in a context of its own, whose script errors and console errors fail the test at its end."""
    context = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        has_touch=touch,
        is_mobile=touch,
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert faults == []
