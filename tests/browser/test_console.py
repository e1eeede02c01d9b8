"""The console in a real browser: what script adds, and that pages stand at desktop and phone width."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from bot.core.taxonomy import Priority
from bot.helpline.service import StaffMember
from tests.browser.conftest import DESKTOP, PHONE
from tests.clock import FixedClock
from tests.unit.console.stage import PASSWORD, Case, Stage, open_stage

T = TypeVar("T")
GRAVE = Case("he is outside with a knife", {"imminent_danger": "with a knife"}, Priority.EMERGENCY)


@dataclass
class Show:
    """The console on a port, and its stage in the same event loop."""

    stage: Stage
    address: str
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Something happens behind the pages, in the thread of the server's own store."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def member(self, login: str) -> StaffMember:
        return self.do(self.stage.member(login))

    @staticmethod
    def ready(page: Page) -> None:
        """The page's script has begun."""
        expect(page.locator(".live")).to_have_text("Live")

    def enter(self, page: Page, login: str = "ana") -> None:
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("Name of your account").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        self.ready(page)


@pytest.fixture
def show(tmp_path: Path, sqlite_template: Path) -> Iterator[Show]:
    path = tmp_path / "console.db"
    shutil.copy(sqlite_template, path)
    with showing(path) as show:
        yield show


@contextmanager
def showing(path: Path, **settings: Any) -> Iterator[Show]:
    """The console over a SQLite file, on a port, for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    stage = do(open_stage(path, FixedClock(), **settings))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    config = uvicorn.Config(stage.app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.run_coroutine_threadsafe(server.serve(sockets=[listener]), loop)
    yield Show(stage, f"http://127.0.0.1:{listener.getsockname()[1]}", loop)
    server.should_exit = True
    running.result(10)
    do(stage.store.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_a_new_emergency_shows_within_a_second_without_reloading(show: Show, page: Page) -> None:
    show.enter(page)
    page.evaluate("window.same = true")
    show.do(show.stage.opens(1, GRAVE))
    expect(page.locator(".row")).to_have_count(1, timeout=1000)
    expect(page.locator(".alarm")).to_contain_text("1 emergency waits and nobody has it")
    expect(page).to_have_title("(1) Queue · Amparo")
    assert page.evaluate("window.same")


def rings(page: Page) -> int:
    """How often the alarm has rung on this page."""
    return int(page.evaluate("document.body.dataset.rings ?? 0"))


def test_the_alarm_repeats_until_somebody_has_seen_it(show: Show, page: Page) -> None:
    page.clock.install()
    show.enter(page)
    show.do(show.stage.opens(1, GRAVE))
    expect(page.locator(".alarm")).to_be_visible()
    assert rings(page) == 1
    page.clock.run_for(31_000)
    assert rings(page) == 2
    page.get_by_role("button", name="Seen, stop the sound").click()
    page.clock.run_for(61_000)
    assert rings(page) == 2
    show.do(show.stage.opens(2, GRAVE))  # another one
    expect(page.locator(".alarm")).to_contain_text("2 emergencies")
    assert rings(page) == 3


def test_an_emergency_that_is_taken_is_no_alarm_any_more(show: Show, page: Page) -> None:
    reference = show.do(show.stage.opens(1, GRAVE))
    show.enter(page)
    expect(page.locator(".alarm")).to_be_visible()
    show.do(show.stage.store.service.claim(show.member("luis"), reference))
    expect(page.locator(".alarm")).to_have_count(0)
    expect(page.locator(".row")).to_contain_text("With Luis")
    expect(page).to_have_title("Queue · Amparo")


def hold(show: Show, page: Page, login: str = "ana") -> str:
    """A case of the one who sits before the page, opened."""
    reference = show.do(show.stage.opens(1, GRAVE))
    show.do(show.stage.store.service.claim(show.member(login), reference))
    page.goto(f"{show.address}/cases/{reference}")
    show.ready(page)
    return reference


def test_a_message_arrives_in_an_open_case_and_the_text_stays(show: Show, page: Page) -> None:
    show.enter(page)
    hold(show, page)
    reply = page.get_by_label("Message to the family")
    reply.fill("Lock the door")
    show.do(show.stage.says(1, "he is breaking the window"))
    expect(page.get_by_text("he is breaking the window")).to_be_visible(timeout=1000)
    expect(reply).to_have_value("Lock the door")
    expect(page.get_by_text("Something new came while you were writing")).to_be_visible()
    page.get_by_role("button", name="Send to the family").click()  # the first press only points at it
    expect(page.get_by_role("button", name="I have read it")).to_be_focused()
    page.get_by_role("button", name="I have read it").click()
    page.get_by_role("button", name="Send to the family").click()
    expect(page.locator(".talk-staff")).to_contain_text("Lock the door")
    assert "Lock the door" in show.do(show.stage.world.deliver())[-1][1]
    expect(page.locator(".talk-staff")).to_contain_text("Taken by Telegram")


def test_the_bots_messages_stay_unfolded_when_news_come(show: Show, page: Page) -> None:
    show.enter(page)
    hold(show, page)
    page.locator(".fold summary").first.click()
    expect(page.get_by_text("Llame al 911")).to_be_visible()
    show.do(show.stage.says(1, "are you there"))
    expect(page.get_by_text("are you there")).to_be_visible()
    expect(page.get_by_text("Llame al 911")).to_be_visible()


def test_the_draft_saves_itself(show: Show, page: Page) -> None:
    show.enter(page)
    hold(show, page)
    page.get_by_label("Message to the family").fill("Half a thought")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Message to the family")).to_have_value("Half a thought")


def test_leaving_in_the_middle_of_a_word_keeps_it(show: Show, page: Page) -> None:
    show.enter(page)
    reference = hold(show, page)
    page.get_by_label("Message to the family").fill("Half a th")
    page.get_by_role("link", name="System").click()
    expect(page).to_have_url(f"{show.address}/system")
    page.goto(f"{show.address}/cases/{reference}")
    expect(page.get_by_label("Message to the family")).to_have_value("Half a th")


def test_a_lost_case_leaves_what_was_typed_in_sight(show: Show, page: Page) -> None:
    show.enter(page)
    hold(show, page)
    page.get_by_label("Message to the family").fill("I was saying")
    show.stage.clock.advance(minutes=16)
    show.do(show.stage.store.service.sweep(show.stage.clock.now()))
    expect(page.get_by_role("button", name="Take this case")).to_be_visible()
    expect(page.locator(".compose textarea")).to_have_value("I was saying")


def test_a_session_that_ends_elsewhere_is_told(show: Show, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB")  # its own: the refused request is an error to the console
    page = context.new_page()
    show.enter(page)
    token = next(c["value"] for c in context.cookies() if c.get("name") == "amparo_session")
    show.do(show.stage.world.accounts.sign_out(str(token)))
    show.do(show.stage.opens(1, GRAVE))
    expect(page.locator(".live")).to_have_text("Your session has ended: sign in again")
    context.close()


def test_the_clocks_tick(show: Show, page: Page) -> None:
    page.clock.install()
    show.do(show.stage.opens(1, GRAVE))
    show.enter(page)
    clock = page.locator(".row .clock")
    expect(clock).to_contain_text("4 min left")
    page.clock.run_for(181_000)
    expect(clock).to_contain_text("1 min left")
    expect(clock).to_have_class("clock clock-soon")
    page.clock.run_for(180_000)
    expect(clock).to_contain_text("1 min late")
    expect(clock).to_have_class("clock clock-late")


def test_a_shift_by_keyboard_alone(show: Show, page: Page) -> None:
    show.do(show.stage.opens(1, GRAVE))
    show.enter(page)
    press = page.keyboard.press
    press("Alt+t")
    expect(page.get_by_text("You have the case")).to_be_visible()
    show.ready(page)
    press("Alt+l")
    page.keyboard.type("Are you safe? Alt does nothing here")
    press("Alt+e")
    expect(page.get_by_label("Message to the family")).to_be_focused()
    press("Control+Enter")
    expect(page.locator(".talk-staff")).to_contain_text("Are you safe?")
    show.ready(page)
    press("Alt+p")
    page.keyboard.type("Sounds calm")
    press("Control+Enter")
    expect(page.locator(".talk-note")).to_contain_text("Sounds calm")
    show.ready(page)
    press("Alt+e")
    expect(page.get_by_label("How it ended")).to_be_focused()
    page.get_by_label("How it ended").select_option("supported")
    page.get_by_label("Nobody else is here").press("Space")
    page.get_by_label("What was agreed, for staff").fill("Alone on the night shift")
    press("Escape")
    press("Shift+Escape")
    expect(page.get_by_text("Screen hidden")).to_be_visible()
    press("Enter")
    expect(page.get_by_text("Screen hidden")).to_be_hidden()
    page.get_by_role("button", name="Close the case").press("Enter")
    expect(page.locator(".compose").get_by_text("This case is closed")).to_be_visible()
    show.ready(page)
    press("?")
    expect(page).to_have_url(f"{show.address}/help")


def test_next_and_previous_walk_the_list(show: Show, page: Page) -> None:
    first = show.do(show.stage.opens(1, GRAVE))
    second = show.do(show.stage.opens(2, Case("x")))
    show.enter(page)
    page.goto(f"{show.address}/cases/{first}")
    show.ready(page)
    page.keyboard.press("Alt+j")
    expect(page).to_have_url(f"{show.address}/cases/{second}#latest")
    show.ready(page)
    page.keyboard.press("Alt+k")
    expect(page).to_have_url(f"{show.address}/cases/{first}#latest")


def test_only_one_tab_of_a_browser_holds_the_stream_and_all_stay_live(show: Show, page: Page) -> None:
    show.enter(page)
    others = [page.context.new_page() for _ in range(7)]  # more than the six streams a browser allows
    for other in others:
        other.goto(f"{show.address}/queue")
    show.do(show.stage.opens(1, GRAVE))
    for other in (page, *others):
        expect(other.locator(".row")).to_have_count(1)


def test_a_whole_shift_without_script(show: Show, browser: Browser) -> None:
    show.do(show.stage.opens(1, GRAVE))
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{show.address}/")
    page.get_by_label("Name of your account").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Take next").click()
    page.get_by_label("Message to the family").fill("I am here")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_label("Message to the family")).to_have_value("I am here")
    page.get_by_role("button", name="Send to the family").click()
    expect(page.locator(".talk-staff")).to_contain_text("I am here")
    page.get_by_label("Note for staff only").fill("calm")
    page.get_by_role("button", name="Save note for staff").click()
    expect(page.locator(".talk-note")).to_contain_text("calm")
    page.get_by_text("Close the case").first.click()
    page.get_by_label("How it ended").select_option("referred")
    page.get_by_label("Nobody else is here").check()
    page.get_by_label("What was agreed, for staff").fill("Alone on the night shift")
    page.get_by_role("button", name="Close the case").click()
    expect(page.locator(".compose").get_by_text("This case is closed")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()
    context.close()


def test_on_a_phone_one_pane_at_a_time(show: Show, phone: Page) -> None:
    show.enter(phone)
    reference = hold(show, phone)
    expect(phone.get_by_role("button", name="Send to the family")).to_be_in_viewport()
    expect(phone.locator(".details")).to_be_hidden()
    phone.get_by_label("Details and notes").click()
    expect(phone.get_by_label("Note for staff only")).to_be_visible()
    expect(phone.locator(".conversation")).to_be_hidden()
    phone.get_by_role("link", name="Conversation").click()
    expect(phone.locator(".conversation")).to_be_visible()
    phone.get_by_label("Back to the list").click()
    phone.locator(f'[data-reference="{reference}"]').click()
    expect(phone.locator(".conversation")).to_be_visible()


def test_at_great_zoom_the_send_button_can_be_reached(show: Show, page: Page) -> None:
    show.enter(page)
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 by 800 at 200 %
    hold(show, page)
    send = page.get_by_role("button", name="Send to the family")
    send.scroll_into_view_if_needed()
    expect(send).to_be_in_viewport()


PLACES = (
    "/queue",
    "/queue?view=closed",
    "/cases/{}",
    "/cases/{}?pane=details",
    "/system",
    "/help",
    "/nowhere",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_pages_are_accessible_and_never_wider_than_the_window(
    show: Show, browser: Browser, size: dict[str, int], scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(f"{show.address}/sign-in")
    problems = {"/sign-in": faults(page)}
    show.enter(page)
    reference = hold(show, page)
    show.do(show.stage.says(1, "x" * 300))
    show.do(show.stage.store.service.note(show.member("ana"), reference, "a note"))
    show.do(show.stage.opens(2, GRAVE))
    for place in PLACES:
        page.goto(show.address + place.format(reference))
        problems[place] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], place
        if size == DESKTOP and "cases" in place:  # the panes scroll, never the page
            assert page.evaluate("document.documentElement.scrollHeight") <= size["height"], place
    context.close()
    assert {place: found for place, found in problems.items() if found} == {}


def faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    report = Axe().run(page, options={"runOnly": tags}).response
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in report["violations"]
        for node in item["nodes"]
    ]
