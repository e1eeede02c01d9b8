"""The chat page in a real browser, at the width of a desk and of a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from bot.core.clock import SystemClock
from bot.sandbox import create_app
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.serving import served

TOKEN = "1000001:a-token-for-tests-of-the-chat-page"
MOTHER = "Mother in Costa Rica"


@dataclass
class Stage:
    """The page's address, and the bot's side of it."""

    root: str
    api: httpx.Client

    def call(self, method: str, **body: object) -> Any:
        answer = self.api.post(method, json=body).json()
        assert answer["ok"], answer
        return answer["result"]

    def person(self, name: str = MOTHER) -> int:
        people = httpx.get(f"{self.root}/sandbox/api/people").json()["people"]
        return int(next(person["id"] for person in people if person["first_name"] == name))

    def updates(self, kind: str) -> list[Any]:
        return [update[kind] for update in self.call("getUpdates") if kind in update]


@pytest.fixture(autouse=True)
def stage() -> Iterator[Stage]:
    """Served before a page opens and until it is closed, so that no stream breaks off."""
    with (
        served(create_app(TOKEN, SystemClock())) as root,
        httpx.Client(base_url=f"{root}/bot{TOKEN}/") as api,
    ):
        yield Stage(root, api)


@pytest.fixture
def mother(page: Page, stage: Stage) -> Page:
    """The desktop page, open as the mother, who has said hello."""
    page.goto(stage.root)
    page.get_by_role("button", name=re.compile(MOTHER)).click()
    say(page, "hola")
    return page


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".own .text").last).to_have_text(text.strip())


def keyboard(*buttons: tuple[str, str]) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": text, "callback_data": data}] for text, data in buttons]}


def test_story_from_start_to_answer(page: Page, stage: Stage) -> None:
    stage.call("setMyDescription", description="Checked guidance")
    page.goto(stage.root)
    page.get_by_role("button", name=re.compile(MOTHER)).click()
    expect(page.locator("#empty-text")).to_have_text("Checked guidance")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".own .text")).to_have_text("/start")
    [message] = stage.updates("message")
    assert message["from"]["language_code"] == "es"
    chat = message["chat"]["id"]
    stage.call("sendChatAction", chat_id=chat, action="typing")
    expect(page.locator("#bot-state")).to_have_text("typing…")
    stage.call(
        "sendMessage",
        chat_id=chat,
        text="<b>Hola</b> &lt;i&gt; <i>Amparo</i>",
        parse_mode="HTML",
        reply_markup=keyboard(("Soy madre", "/parent")),
    )
    bubble = page.locator(".from-bot .text")
    expect(bubble).to_have_text("Hola <i> Amparo")
    expect(bubble.locator("b")).to_have_text("Hola")
    expect(bubble.locator("i")).to_have_text("Amparo")
    expect(page.locator("#bot-state")).to_have_text("bot")


def test_press_waits_until_answered_and_can_be_repeated(mother: Page, stage: Stage) -> None:
    stage.call("sendMessage", chat_id=stage.person(), text="?", reply_markup=keyboard(("Sí", "/yes")))
    button = mother.get_by_role("button", name="Sí")
    for count in (1, 2):
        button.click()
        expect(button).to_have_attribute("aria-busy", "true")
        queries = stage.updates("callback_query")
        assert [query["data"] for query in queries] == ["/yes"] * count
        stage.call("answerCallbackQuery", callback_query_id=queries[-1]["id"], text="Gracias")
        expect(button).to_have_attribute("aria-busy", "false")
        expect(mother.locator("#toast")).to_have_text("Gracias")


def test_what_anybody_writes_stays_text(mother: Page, stage: Stage) -> None:
    hostile = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
    say(mother, hostile)
    stage.call(
        "sendMessage", chat_id=stage.person(), text=hostile, reply_markup=keyboard((hostile[:60], "x"))
    )
    stage.call("setMyDescription", description=hostile)
    expect(mother.locator(".from-bot .text")).to_have_text(hostile)
    expect(mother.locator(".messages img, .messages script, #empty img")).to_have_count(0)
    expect(mother).to_have_title(re.compile("Amparo"))


def test_ticks_edits_and_deletions_arrive_live(mother: Page, stage: Stage) -> None:
    ticks = mother.get_by_role("img", name="sent")
    expect(ticks).to_be_visible()
    last = stage.call("getUpdates")[-1]["update_id"]
    stage.call("getUpdates", offset=last + 1)
    expect(mother.get_by_role("img", name="the bot has it")).to_be_visible()
    sent = stage.call("sendMessage", chat_id=stage.person(), text="one")
    stage.call("editMessageText", chat_id=stage.person(), message_id=sent["message_id"], text="two")
    expect(mother.locator(".from-bot .text")).to_have_text("two")
    expect(mother.locator(".from-bot .edited")).to_be_visible()
    stage.call("deleteMessage", chat_id=stage.person(), message_id=sent["message_id"])
    expect(mother.locator(".from-bot")).to_have_count(0)


def test_arrow_up_edits_the_last_own_message(mother: Page, stage: Stage) -> None:
    box = mother.get_by_role("textbox", name="Message")
    box.press("ArrowUp")
    expect(box).to_have_value("hola")
    box.press("Escape")
    expect(box).to_have_value("")
    box.press("ArrowUp")
    box.fill("hola, necesito ayuda")
    box.press("Enter")
    expect(mother.locator(".own .text")).to_have_text("hola, necesito ayuda")
    expect(mother.locator(".own .edited")).to_be_visible()
    assert [message["text"] for message in stage.updates("edited_message")] == ["hola, necesito ayuda"]


def test_shift_and_enter_begin_a_line(mother: Page, stage: Stage) -> None:
    box = mother.get_by_role("textbox", name="Message")
    box.fill("una")
    box.press("Shift+Enter")
    box.type("dos")
    box.press("Enter")
    expect(mother.locator(".own")).to_have_count(2)
    assert stage.updates("message")[-1]["text"] == "una\ndos"


def test_attachment_takes_the_text_along(mother: Page, stage: Stage) -> None:
    mother.get_by_role("textbox", name="Message").fill("mire esto")
    mother.get_by_role("button", name="Attach").click()
    expect(mother.get_by_role("menuitem", name="Photo")).to_be_focused()
    mother.keyboard.press("ArrowDown")
    mother.keyboard.press("Enter")
    expect(mother.locator(".own .media.video")).to_be_visible()
    update = stage.updates("message")[-1]
    assert (update["caption"], update["video"]["duration"]) == ("mire esto", 12)
    expect(mother.get_by_role("textbox", name="Message")).to_have_value("")


def test_commands_are_offered_and_chosen_by_keyboard(mother: Page, stage: Stage) -> None:
    commands = [{"command": "start", "description": "Begin"}, {"command": "stop", "description": "End"}]
    stage.call("setMyCommands", commands=[*commands, {"command": "help", "description": "Help"}])
    box = mother.get_by_role("textbox", name="Message")
    expect(mother.locator("#bot-commands dt")).to_have_count(3)
    box.type("/st")
    expect(mother.get_by_role("option")).to_have_count(2)
    box.press("ArrowDown")
    expect(mother.get_by_role("option", name="/stop")).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(mother.locator(".own .text").last).to_have_text("/stop")
    assert stage.updates("message")[-1]["entities"][0]["type"] == "bot_command"


def test_block_and_unblock(mother: Page, stage: Stage) -> None:
    mother.get_by_role("button", name="About the bot").click()
    mother.get_by_role("button", name="Block the bot").click()
    expect(mother.get_by_role("textbox", name="Message")).to_be_hidden()
    mother.get_by_role("button", name="Unblock the bot").click()
    expect(mother.get_by_role("textbox", name="Message")).to_be_visible()
    statuses = [change["new_chat_member"]["status"] for change in stage.updates("my_chat_member")]
    assert statuses == ["kicked", "member"]


def test_document_can_be_downloaded(mother: Page, stage: Stage) -> None:
    stage.api.post(
        "sendDocument", data={"chat_id": stage.person()}, files={"document": ("guía.pdf", b"%PDF-")}
    )
    with mother.expect_download() as download:
        mother.get_by_role("link", name=re.compile("guía.pdf")).click()
    assert download.value.suggested_filename == "guía.pdf"
    assert Path(download.value.path()).read_bytes() == b"%PDF-"


def test_new_person_and_unread_count(mother: Page, stage: Stage) -> None:
    mother.get_by_role("button", name="New person").click()
    mother.get_by_label("First name").fill("Profe")
    mother.get_by_label("Language of the Telegram client").select_option("sw")
    mother.get_by_label("Country").select_option("tz")
    mother.get_by_role("button", name="Write as this person").click()
    expect(mother.locator("#as-name")).to_have_text("Profe")
    say(mother, "habari")
    assert stage.updates("message")[-1]["from"]["language_code"] == "sw"
    stage.call("sendMessage", chat_id=stage.person(), text="¿Sigue ahí?")
    other = mother.get_by_role("button", name=re.compile(MOTHER))
    expect(other.locator(".badge")).to_contain_text("1")
    expect(mother).to_have_title(re.compile(r"^\(1\)"))
    other.click()
    expect(other.locator(".badge")).to_have_count(0)


def test_draft_stays_with_its_person(mother: Page) -> None:
    box = mother.get_by_role("textbox", name="Message")
    box.fill("a medias")
    mother.get_by_role("button", name=re.compile("Teacher")).click()
    expect(box).to_have_value("")
    mother.get_by_role("button", name=re.compile(MOTHER)).click()
    expect(box).to_have_value("a medias")


def test_screen_reader_hears_new_messages_once(mother: Page, stage: Stage) -> None:
    stage.call("sendMessage", chat_id=stage.person(), text="Respire", reply_markup=keyboard(("Sí", "/yes")))
    live = mother.get_by_role("log", name="New messages")
    expect(live).to_have_text("Amparo: Respire Buttons: Sí.")
    stage.call("editMessageText", chat_id=stage.person(), message_id=2, text="Respire hondo")
    expect(mother.locator(".from-bot .text")).to_have_text("Respire hondo")
    expect(live).to_have_text("Amparo: Respire Buttons: Sí.")


def test_connection_lost_and_found(browser: Browser, tmp_path: Path) -> None:
    database = tmp_path / "world.sqlite3"
    context = browser.new_context()
    page = context.new_page()
    with served(create_app(TOKEN, SystemClock(), database=database)) as root:
        page.goto(root)
        page.get_by_role("button", name=re.compile(MOTHER)).click()
        say(page, "hola")
    expect(page.get_by_text("The connection is lost")).to_be_visible(timeout=15_000)
    port = int(root.rpartition(":")[2])
    with served(create_app(TOKEN, SystemClock(), database=database), port):
        expect(page.get_by_text("The connection is lost")).to_be_hidden(timeout=15_000)
        say(page, "sigo aquí")
        expect(page.locator(".own")).to_have_count(2)
        context.close()


def test_axe_finds_nothing(mother: Page, stage: Stage) -> None:
    markup = keyboard(("Sí", "/yes"))
    stage.call(
        "sendMessage", chat_id=stage.person(), text="/help <b>x</b>", parse_mode="HTML", reply_markup=markup
    )
    expect(mother.locator(".keyboard")).to_be_visible()
    for opener in ("Attach", "Commands", "Attach", "Commands", "About the bot"):
        mother.get_by_role("button", name=opener, exact=True).click()
        found = Axe().run(mother)
        assert found.violations_count == 0, found.generate_report()
        stage.call("setMyCommands", commands=[{"command": "help", "description": "Help"}])
        expect(mother.locator("#bot-commands dt")).to_have_count(1)


def test_phone_shows_the_list_or_the_chat(phone: Page, stage: Stage) -> None:
    phone.goto(stage.root)
    person = phone.get_by_role("button", name=re.compile(MOTHER))
    person.click()
    expect(person).to_be_hidden()
    say(phone, "hola")
    phone.get_by_role("button", name="Back to the list of people").click()
    expect(person).to_be_visible()
    person.click()
    phone.go_back()
    expect(person).to_be_visible()


@pytest.mark.parametrize("width", [360, PHONE["width"], 768, DESKTOP["width"]])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_and_contrast_holds(
    browser: Browser, stage: Stage, width: int, scheme: Any
) -> None:
    for page in watched(browser, {"width": width, "height": 700}):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{stage.root}/#person={stage.person()}")
        say(page, "palabra" * 60)
        page.get_by_role("button", name="Attach", exact=True).click()
        page.get_by_role("menuitem", name="Document").click()
        markup = keyboard(("Una respuesta bastante larga para un teléfono", "/a"), ("Otra", "/b"))
        text = "Texto <b>fuerte</b> /help https://example.org/" + "x" * 200
        stage.call("sendMessage", chat_id=stage.person(), text=text, parse_mode="HTML", reply_markup=markup)
        expect(page.locator(".keyboard")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".scroll").evaluate("element => element.scrollWidth <= element.clientWidth")
        assert poor_contrast(page) == []


def poor_contrast(page: Page) -> list[str]:
    """Visible texts whose colour stands out from what lies under it by less than 4.5 to 1 (WCAG AA)."""
    script = (Path(__file__).parent / "contrast.js").read_text("utf-8")
    return list(page.evaluate(script))
