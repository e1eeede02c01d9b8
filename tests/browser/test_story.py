"""The newcomer's story in a real browser, on the real command: write, be answered, be helped, start again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DESKTOP, watched

ROOT = Path(__file__).parents[2]
SECOND = 1000
FREE_PORTS = ("--chat", "127.0.0.1:0", "--console", "127.0.0.1:0")
READY = re.compile(r"Chat page\s+(\S+).*?Staff console\s+(\S+).*?password\s+(\S+)", re.S)


@dataclass(frozen=True)
class Demo:
    chat: str
    console: str
    password: str


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    """`amparo demo` as its own process; it must end cleanly with Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", *FREE_PORTS, "--data-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        found = READY.search(said)
        if found and "Stop with Ctrl-C" in said:
            break
    else:
        raise AssertionError(f"the demo ended: {said}")
    try:
        yield Demo(*found.groups())
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert "Stopped" in rest


@pytest.fixture
def folder(tmp_path: Path, trained: Path) -> Path:
    (tmp_path / "model.npz").symlink_to(trained)
    return tmp_path


@pytest.fixture
def staff_page(browser: Browser) -> Iterator[Page]:
    yield from watched(browser, DESKTOP)


def test_the_whole_story_and_again_after_a_restart(folder: Path, page: Page, staff_page: Page) -> None:
    with demo(folder) as running:
        _sign_in(staff_page, running)
        page.goto(running.chat)
        page.get_by_role("button", name=re.compile("Mother in Costa Rica")).click()
        page.get_by_role("button", name="Start").click()
        expect(_bot(page).last).to_contain_text("Soy Amparo")
        _write(
            page, "a mi hijo de 9 años lo molestan en la escuela, le dicen apodos y nadie quiere jugar con él"
        )
        expect(page.get_by_role("button", name="Más pasos").last).to_be_visible()

        staff_page.evaluate("window.same = true")
        _write(
            page,
            "mi hija de 13 no aparece desde anoche, se iba a ver con un hombre que conoció por instagram",
        )
        expect(staff_page.locator(".row")).to_have_count(1, timeout=10 * SECOND)
        assert staff_page.evaluate("window.same"), "the console must not need a reload"
        page.get_by_role("button", name="Costa Rica").last.click()
        expect(_bot(page).last).to_contain_text("911")
        expect(_bot(page).last).to_contain_text("1147")

        staff_page.get_by_role("button", name="Take next").click()
        expect(_bot(page).last).to_contain_text("Ana")
        staff_page.get_by_label("Message to the family").fill("Buenas noches. ¿Ya llamó?")
        staff_page.get_by_role("button", name="Send to the family").click()
        expect(_bot(page).last).to_contain_text("¿Ya llamó?")
        _write(page, "sí, vienen en camino")
        expect(staff_page.get_by_text("sí, vienen en camino").first).to_be_visible()
        staff_page.goto("about:blank")  # a page left open would rightly complain that the server is gone
        page.goto("about:blank")

    with demo(folder) as running:
        page.goto(running.chat)
        page.get_by_role("button", name=re.compile("Mother in Costa Rica")).click()
        expect(page.get_by_text("sí, vienen en camino").last).to_be_visible()
        staff_page.goto(running.console)  # the session outlives the restart
        staff_page.locator(".row").first.click()
        expect(staff_page.get_by_text("¿Ya llamó?").first).to_be_visible()
        _write(page, "ya está en casa, gracias")
        expect(staff_page.get_by_text("ya está en casa, gracias").first).to_be_visible()
        staff_page.goto("about:blank")
        page.goto("about:blank")


def test_a_teacher_in_rwanda_in_english(folder: Path, page: Page) -> None:
    with demo(folder) as running:
        page.goto(running.chat)
        page.get_by_role("button", name=re.compile("Teacher in Rwanda")).click()
        page.get_by_role("button", name="Start").click()
        expect(_bot(page).last).to_contain_text("automatic service")
        _write(
            page,
            "I am a teacher in Kigali, two pupils keep insulting another one in the class whatsapp group",
        )
        expect(page.get_by_role("button", name="More steps").last).to_be_visible()
        page.get_by_role("button", name="Who can help").last.click()
        expect(_bot(page).last).to_contain_text("Rwanda")
        page.goto("about:blank")


def _bot(page: Page) -> Locator:
    return page.locator(".from-bot .text")


def _write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")


def _sign_in(page: Page, running: Demo) -> None:
    page.goto(running.console)
    page.get_by_label("Name of your account").fill("ana")
    page.get_by_label("Password").fill(running.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("Queue"))
