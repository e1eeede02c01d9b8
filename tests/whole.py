"""The whole bot in one test process: stand-in for Telegram, chat part, turns, store; no socket, no sleep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telegram.request import HTTPXRequest

from bot.chat.delivery import Delivery
from bot.chat.events import Translator
from bot.chat.poller import Poller
from bot.chat.telegram import Client
from bot.chat.worker import Worker
from bot.content.phrasebook import Phrasebook
from bot.core.case import QueueRow
from bot.core.ports import Inbox, TextReader
from bot.core.turn import TurnRunner
from bot.helpline import Store, open_store
from bot.helpline.inbox import PATIENCE
from bot.helpline.staff import StaffMember
from bot.matching.patterns import PatternLayer
from bot.sandbox import create_app
from bot.sandbox.hub import Sandbox
from bot.sandbox.model import Message
from bot.sandbox.transport import SandboxTransport
from bot.wiring.papers import PaperMaker
from tests.clock import FixedClock
from tests.fakes import TOKEN

MIDDAY = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
PASSWORD = "a long enough password"


class NoPresses:
    """Presses are acknowledged beside the turn; here nobody waits for that."""

    def acknowledge(self, raw: dict[str, Any]) -> None: ...


@dataclass
class Whole:
    """Everything of one bot, driven by hand."""

    sandbox: Sandbox
    store: Store
    poller: Poller
    worker: Worker
    delivery: Delivery
    book: Phrasebook
    clock: FixedClock
    bot_id: int
    staff: StaffMember
    client: Client
    scan: PatternLayer
    people: dict[str, int] = field(default_factory=dict)

    def polling_into(self, inbox: Inbox) -> Poller:
        """Another poller of the same bot, before another inbox."""
        return Poller(self.client, inbox, self.scan, self.book, self.clock, self.bot_id, seconds=0)

    def person(self, name: str = "Rosa", client: str = "es") -> int:
        """The id of a person who writes, made at first use."""
        if name not in self.people:
            self.people[name] = self.sandbox.world.add_human(name, client, "", "").id
        return self.people[name]

    async def say(self, text: str, name: str = "Rosa", client: str = "es") -> list[Message]:
        """Write, and what came back."""
        person = self.person(name, client)
        self.sandbox.people.say(person, text, self.clock.now())
        return await self.answers(person)

    async def press(self, label: str, name: str = "Rosa") -> list[Message]:
        """Press the newest button with this label, and what came back."""
        person = self.person(name)
        for message in reversed(self.messages(person)):
            for row in message.keyboard or []:
                for button in row:
                    if label in (button["text"], button["callback_data"]):
                        self.sandbox.people.press(
                            person, message.message_id, button["callback_data"], self.clock.now()
                        )
                        return await self.answers(person)
        raise AssertionError(f"no button “{label}” was ever shown")

    async def edit(self, text: str, name: str = "Rosa") -> list[Message]:
        """Edit one's last message, and what came back."""
        person = self.person(name)
        own = [m for m in self.sandbox.world.messages(person) if m.sender_id == person]
        self.sandbox.people.edit(person, own[-1].message_id, text, self.clock.now())
        return await self.answers(person)

    async def send(self, kind: str, name: str = "Rosa") -> list[Message]:
        """Send something that is not text, and what came back."""
        person = self.person(name)
        self.sandbox.people.attach(person, kind, "", self.clock.now())
        return await self.answers(person)

    def messages(self, person: int) -> list[Message]:
        """What the bot has written to a person, oldest first."""
        return [m for m in self.sandbox.world.messages(person) if m.sender_id == self.bot_id]

    async def answers(self, person: int) -> list[Message]:
        """Let everything happen that is due; what is new for the person."""
        known = {message.message_id for message in self.messages(person)}
        await self.settle()
        return [message for message in self.messages(person) if message.message_id not in known]

    async def settle(self) -> None:
        """Poll, work and deliver until nothing is left to do."""
        self.sandbox.commit()
        while await self.poller.poll_once():
            pass
        self.clock.advance(seconds=PATIENCE.total_seconds())
        while await self.worker.work_once():
            pass
        while await self.delivery.deliver_once():
            pass

    async def queue(self, view: str = "open") -> list[QueueRow]:
        return list((await self.store.service.queue(self.staff, view=view)).rows)  # type: ignore[arg-type]

    async def sign_in(self) -> None:
        """From now on somebody is on duty."""
        await self.store.staff.sign_in(self.staff.login, PASSWORD, "127.0.0.1")


@asynccontextmanager
async def whole_bot(
    url: str, keys: list[str], pepper: str, book: Phrasebook, reader: TextReader, scan: PatternLayer
) -> AsyncIterator[Whole]:
    """A bot over a fresh stand-in and the database at ``url``."""
    clock = FixedClock(MIDDAY)
    app = create_app(TOKEN, clock)
    transport = {"transport": SandboxTransport(app)}
    client = Client(
        TOKEN,
        "http://telegram.test",
        request=HTTPXRequest(httpx_kwargs=transport),
        poll_request=HTTPXRequest(httpx_kwargs=transport),
    )
    store = await open_store(url, keys=keys, pepper=pepper, clock=clock, renderer=book, waive_codes=True)
    translator = Translator(client.bot)
    await translator.start()
    bot_id = client.bot.id
    runner = TurnRunner(reader, scan, book, clock)
    try:
        yield Whole(
            sandbox=app.state.sandbox,
            store=store,
            poller=Poller(client, store.inbox, scan, book, clock, bot_id, seconds=0),
            worker=Worker(store.turns, translator, runner, book, clock, bot_id, NoPresses()),
            delivery=Delivery(
                client, store.outbox, bot_id, papers=PaperMaker(book, clock), per_second=10_000
            ),
            book=book,
            clock=clock,
            bot_id=bot_id,
            staff=await store.staff.add("ana", "Ana", PASSWORD),
            client=client,
            scan=scan,
        )
    finally:
        await translator.stop()
        await store.close()
