"""The stand-in in this process, python-telegram-bot's own Bot on it, and a person who writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.sandbox import create_app
from bot.sandbox.hub import Sandbox
from bot.sandbox.person import Person
from bot.sandbox.transport import SandboxTransport
from tests.clock import FixedClock

TOKEN = "1000001:a-token-for-tests-of-the-stand-in"
ROOT = "http://127.0.0.1"


async def eventually(check: Callable[[], object]) -> None:
    """Let the other tasks run until something is so; a test that waits in vain fails."""
    async with asyncio.timeout(5):
        while not check():  # noqa: ASYNC110 - there is no event to wait for, and nothing is slept
            await asyncio.sleep(0)


@dataclass
class Place:
    """Everything a test of the stand-in needs."""

    sandbox: Sandbox
    bot: Bot
    http: httpx.AsyncClient
    clock: FixedClock
    hooked: list[httpx.Request]
    hook_answers: list[int]

    async def call(self, method: str, body: object = None, token: str = TOKEN) -> httpx.Response:
        """A raw call with a JSON body."""
        return await self.http.post(f"/bot{token}/{method}", json=body if body is not None else {})

    async def polled(self) -> None:
        """Once a poller waits."""
        await eventually(lambda: self.sandbox.waiters)

    async def refusal(self, method: str, body: object = None) -> str:
        """The description of a refused call."""
        answer = (await self.call(method, body)).json()
        assert answer["ok"] is False
        return str(answer["description"])

    async def started(self, language: str = "es") -> Person:
        """A person who has written ``hola``."""
        person = await Person.new(self.http, "Somebody", language)
        await person.say("hola")
        return person


@pytest.fixture
async def place(fixed_clock: FixedClock, tmp_path: Path) -> AsyncIterator[Place]:
    hooked: list[httpx.Request] = []
    answers: list[int] = []

    def hook(request: httpx.Request) -> httpx.Response:
        hooked.append(request)
        return httpx.Response(answers.pop(0) if answers else 200)

    app = create_app(
        TOKEN,
        fixed_clock,
        database=tmp_path / "world.sqlite3",
        random=Random(7),
        webhook_transport=httpx.MockTransport(hook),
    )
    transport = SandboxTransport(app)
    request = HTTPXRequest(httpx_kwargs={"transport": transport})
    polling = HTTPXRequest(httpx_kwargs={"transport": transport})
    bot = Bot(TOKEN, base_url=f"{ROOT}/bot", request=request, get_updates_request=polling)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http, bot:
        yield Place(app.state.sandbox, bot, http, fixed_clock, hooked, answers)
    app.state.sandbox.storage.close()
