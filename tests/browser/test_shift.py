"""A whole evening at a helpline: a mother on her telephone, two counsellors and their lead, in real browsers.

Everything between them is real but the trained model: the chat page's server stands in for Telegram, the bot polls it,
patterns see the danger, the console shows it, and what staff write goes the same way back. At both widths.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.chat.service import ChatService
from bot.chat.telegram import Client
from bot.console import create_app
from bot.console.alert_words import alert_words
from bot.content.library import Library
from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.core.helplines import DEFAULT
from bot.core.reading import Reading
from bot.core.turn import TurnRunner
from bot.errors import MatcherUnavailable
from bot.helpline import Store, open_store
from bot.helpline.alert_sender import AlertSender
from bot.helpline.service import Wanted
from bot.helpline.staff import StaffAccounts
from bot.helpline.webhooks import Poster
from bot.matching.patterns import PatternLayer
from bot.sandbox import create_app as create_sandbox
from bot.wiring.papers import PaperMaker
from bot.wiring.serve import listen, serving, url_of
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.test_access import well_made
from tests.conftest import KEY, PEPPER
from tests.contract.world import CHEAP
from tests.fakes import TOKEN
from tests.unit.console.stage import PASSWORD

T = TypeVar("T")
DANGER = "hay un hombre con un cuchillo en la puerta y quiere matar a mi hija"
STAFF = (
    ("ana", "Ana", "counsellor"),
    ("luis", "Luis", "counsellor"),
    ("lea", "Lea", "supervisor"),
    ("adm", "Adm", "administrator"),
)


class NoModel:
    """The trained matcher is away: patterns alone see the danger."""

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        raise MatcherUnavailable


@dataclass
class Mails:
    """A mail server that takes everything."""

    came: list[tuple[str, str, str]] = field(default_factory=list)

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        self.came.append((to, subject, text))


@dataclass
class Evening:
    """Where the pages are, and the secrets of the staff's one-time codes."""

    chat: str
    console: str
    secrets: dict[str, str]
    mails: Mails

    def sign_in(self, page: Page, login: str) -> None:
        """Name, password, then the code that the telephone shows."""
        page.goto(f"{self.console}/sign-in")
        page.get_by_label("Name of your account").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Code from your app").fill(pyotp.TOTP(self.secrets[login]).now())
        page.get_by_role("button", name="Go on").click()
        expect(page.locator(".live")).to_have_text("Live")


async def staffed(store: Store, accounts: StaffAccounts, clock: SystemClock) -> dict[str, str]:
    """Accounts with codes set up half a minute ago; a lead who is called by e-mail."""
    secrets = {}
    for login, name, role in STAFF:
        await accounts.add(login, name, PASSWORD, role)
        half = await accounts.sign_in(login, PASSWORD, "127.0.0.1")
        secrets[login] = (await accounts.second_factor.enrolment(half.member)).secret
        code = pyotp.TOTP(secrets[login]).at(clock.now() - timedelta(seconds=30))
        await accounts.second_factor.confirm(half.member, half.token, code)
    wanted = Wanted(email=("lea@helpline.example",), language="en")
    await store.service.set_receivers(half.member, DEFAULT, wanted)
    return secrets


@asynccontextmanager
async def evening(path: Path, library: Library) -> AsyncIterator[Evening]:
    """Bot, console, stand-in for Telegram and sender of alerts in one loop."""
    clock, mails = SystemClock(), Mails()
    book, scan = Phrasebook(library.responses), PatternLayer(library.training.rules)
    async with AsyncExitStack() as stack:
        store = await open_store(f"sqlite:///{path}", keys=[KEY], pepper=PEPPER, clock=clock, renderer=book)
        stack.push_async_callback(store.close)
        accounts = StaffAccounts(store.database, store.keyring, clock, CHEAP)
        secrets = await staffed(store, accounts, clock)
        console, chat = listen("127.0.0.1:0", "console"), listen("127.0.0.1:0", "chat")
        app = create_app(service=store.service, staff=accounts, stats=store.stats, clock=clock)
        sandbox = create_sandbox(TOKEN, clock)
        await stack.enter_async_context(serving(sandbox, chat, closing=sandbox.state.sandbox.close))
        closing = lambda: setattr(app.state, "closing", True)  # noqa: E731
        await stack.enter_async_context(serving(app, console, closing=closing))
        bot = ChatService(
            Client(TOKEN, url_of(chat)),
            inbox=store.inbox,
            turns=store.turns,
            outbox=store.outbox,
            runner=TurnRunner(NoModel(), scan, book, clock),
            scan=scan,
            renderer=book,
            clock=clock,
            papers=PaperMaker(book, clock),
        )
        poster = Poster()
        stack.push_async_callback(poster.close)
        sender = AlertSender(
            store.database,
            store.keyring,
            clock,
            words=alert_words(url_of(console)),
            poster=poster,
            mailer=mails,
            delivery=store.delivery,
        )
        for loop in (bot.run, sender.run):
            task = asyncio.create_task(loop())
            stack.push_async_callback(ended, task)
        yield Evening(url_of(chat), url_of(console), secrets, mails)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextmanager
def in_thread(path: Path, library: Library) -> Iterator[Evening]:
    """The evening in a loop of its own beside the browser."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    whole = evening(path, library)
    try:
        yield do(whole.__aenter__())
    finally:
        do(whole.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def from_bot(chat: Page) -> Locator:
    return chat.locator(".from-bot .text")


def write(chat: Page, text: str) -> None:
    chat.get_by_role("textbox", name="Message").fill(text)
    chat.keyboard.press("Enter")


def details(page: Page, reference: str) -> None:
    """The pane with the acts: beside the talk, on a telephone in its place."""
    page.goto(re.sub(r"(https?://[^/]+).*", rf"\1/cases/{reference}?pane=details", page.url))
    expect(page.locator(".live")).to_have_text("Live")


def talk(page: Page, reference: str) -> None:
    page.goto(re.sub(r"(https?://[^/]+).*", rf"\1/cases/{reference}", page.url))
    expect(page.locator(".live")).to_have_text("Live")


def race(one: Page, other: Page, reference: str) -> tuple[Page, Page]:
    """Both press “take” before either page has moved; who got it, and who did not."""
    press = "document.querySelector('form[action$=\"/claim\"]').requestSubmit()"
    for page in (one, other):
        talk(page, reference)
    moment = one.evaluate("Date.now() + 1000")
    for page in (one, other):
        page.evaluate(f"setTimeout(() => {press}, {moment} - Date.now())")
    answer = one.get_by_label("Message to the family").or_(one.get_by_text("changed by somebody else"))
    expect(answer.first).to_be_visible()
    first = one.get_by_label("Message to the family").count() == 1
    won, lost = (one, other) if first else (other, one)
    expect(won.get_by_label("Message to the family")).to_be_visible()
    expect(lost.get_by_text("changed by somebody else")).to_be_visible()
    expect(lost.get_by_label("Message to the family")).to_have_count(0)
    return won, lost


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_evening(
    browser: Browser, tmp_path: Path, sqlite_template: Path, library: Library, size: dict[str, int]
) -> None:
    narrow = size is PHONE
    with ExitStack() as stack:
        running = stack.enter_context(in_thread(tmp_path / "evening.db", library))
        watching = contextmanager(watched)
        ana, luis, lea = (stack.enter_context(watching(browser, size, touch=narrow)) for _ in range(3))
        chat = stack.enter_context(watching(browser, PHONE, touch=True))
        for page, login in ((ana, "ana"), (luis, "luis"), (lea, "lea")):
            running.sign_in(page, login)
        walk(running, ana, luis, lea, chat)
        for page in (ana, luis, lea, chat):
            page.goto("about:blank")  # a page left open would rightly complain that the server is gone


def walk(running: Evening, ana: Page, luis: Page, lea: Page, chat: Page) -> None:
    """From the mother's first word to the lead's figures."""
    # An emergency appears, without a reload, and rings.
    ana.evaluate("window.same = true")
    chat.goto(running.chat)
    chat.get_by_role("button", name=re.compile("Mother in Costa Rica")).click()
    chat.get_by_role("button", name="Start").click()
    expect(from_bot(chat).last).to_contain_text("Soy Amparo")
    write(chat, DANGER)
    expect(ana.locator(".row")).to_have_count(1)
    expect(ana.locator(".alarm")).to_contain_text("1 emergency waits and nobody has it")
    assert ana.evaluate("window.same")
    reference = str(ana.locator("[data-reference]").first.get_attribute("data-reference"))

    # Two take it at once: one has it, the other is told so.
    holder, other = race(ana, luis, reference)
    names = ("Ana", "Luis") if holder is ana else ("Luis", "Ana")
    expect(from_bot(chat).last).to_contain_text(names[0])
    well_made(holder)

    # What staff write arrives in the chat, and what the mother answers in the case.
    holder.get_by_label("Message to the family").fill("¿Están en un lugar seguro?")
    holder.get_by_role("button", name="Send to the family").click()
    expect(from_bot(chat).last).to_contain_text("¿Están en un lugar seguro?")
    expect(holder.locator(".talk-staff")).to_contain_text("Taken by Telegram")
    write(chat, "sí, en casa de mi hermana")
    expect(holder.get_by_text("sí, en casa de mi hermana").first).to_be_visible()

    # A note is for the staff alone; the case goes to the colleague with another one.
    details(holder, reference)
    holder.get_by_label("Note for staff only").fill("Keeps calm, her sister is there")
    holder.get_by_role("button", name="Save note for staff").click()
    expect(holder.get_by_text("Note saved")).to_be_visible()
    details(holder, reference)
    holder.get_by_text("Hand over to a colleague").click()
    holder.get_by_label("To whom").select_option(label=names[1])
    holder.locator("#offer-note").fill("Safe at her sister's; police are on their way")
    holder.get_by_role("button", name="Ask to take it").click()
    expect(holder.get_by_text(f"{names[1]} is to decide")).not_to_have_count(0)
    talk(other, reference)
    expect(other.get_by_text("Safe at her sister's; police are on their way").first).to_be_visible()
    other.get_by_role("button", name="I take it").click()
    expect(other.get_by_text("The case is yours, with its draft")).to_be_visible()
    expect(chat.get_by_text("Keeps calm")).to_have_count(0)
    expect(chat.get_by_text("police are on their way")).to_have_count(0)

    # The lead was called, looks at it as the second person; then it can be closed, with its record.
    assert [to for to, subject, _ in running.mails.came if reference in subject] == ["lea@helpline.example"]
    assert "cuchillo" not in str(running.mails.came)
    details(lea, reference)
    lea.get_by_text("Second person", exact=True).first.click()
    lea.get_by_label("What you saw, for staff").fill("I agree")
    lea.get_by_role("button", name="I have looked at it").click()
    expect(lea.get_by_text("you are the second person")).to_be_visible()
    details(other, reference)
    other.get_by_text("Close the case").first.click()
    other.get_by_label("How it ended").select_option("referred")
    other.get_by_text("Violence", exact=True).click()
    other.get_by_label("Physical violence").check()
    other.get_by_label("Referral made").select_option("law_enforcement")
    other.locator('[name="flag.imminent_danger"]').select_option("right")
    well_made(other)
    other.get_by_role("button", name="Close the case").click()
    expect(other.get_by_text("The case is closed")).not_to_have_count(0)

    # It is found again, and counts.
    other.goto(f"{running.console}/search")
    other.get_by_role("textbox", name="Reference", exact=True).fill(reference)
    other.get_by_role("button", name="Search", exact=True).click()
    expect(other.get_by_role("link", name=reference)).not_to_have_count(0)
    well_made(other)
    lea.goto(f"{running.console}/figures")
    expect(lea.get_by_role("heading", name="Figures")).to_be_visible()
    expect(lea.get_by_role("table").first).to_contain_text("Emergency")
    well_made(lea)
