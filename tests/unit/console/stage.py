"""A console over a real store: people write, staff work, pages are asked for as a browser does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from bot.console import create_app
from bot.core.effects import Audience, Kind, Message, OpenCase
from bot.core.ports import Record, TurnUnit
from bot.core.reading import Evidence, FlagHit
from bot.core.taxonomy import Priority
from bot.helpline import Store, open_store
from bot.helpline.service import StaffAccounts, StaffMember
from tests.clock import FixedClock
from tests.conftest import KEY, PEPPER
from tests.contract.world import CHEAP, SPANISH, KeyRenderer, World

PASSWORD = "correct horse battery"
HOST = "http://127.0.0.1:8600"


@dataclass
class Case:
    """What is wanted of a case; the evidence is a part of the text for each flag."""

    text: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    priority: Priority = Priority.URGENT
    intent: str = "abuse/disclosure"
    audience: Audience = SPANISH
    confirmed: bool | None = None
    said: Sequence[str] = ("Llame al 911 si hay peligro ahora.",)


@dataclass
class Stage:
    """A store with a world around it, and the console over both."""

    world: World
    app: FastAPI

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def clock(self) -> FixedClock:
        return self.world.clock

    async def opens(self, chat: int, case: Case) -> str:
        """A person writes something that opens a case; its reference."""
        found: list[str] = []

        async def doing(unit: TurnUnit) -> None:
            await unit.load()
            await unit.record(Record("person", case.text, hits(case.text, case.evidence)))
            flags = tuple(case.evidence)
            effect = OpenCase(1, case.priority, flags, case.intent, case.confirmed)
            found.append(await unit.open_case(effect, case.audience))
            for text in case.said:
                await unit.say(Message(text), Kind.SAFETY)
            await unit.save({"incident": 1}, case.audience)

        await self.world.talk(chat, doing)
        return found[0]

    async def says(self, chat: int, text: str, evidence: Mapping[str, str] | None = None) -> None:
        """A person writes on."""

        async def doing(unit: TurnUnit) -> None:
            await unit.load()
            await unit.record(Record("person", text, hits(text, evidence or {})))

        await self.world.talk(chat, doing)

    async def member(self, login: str) -> StaffMember:
        return next(one for one in await self.world.accounts.members() if one.login == login)


def hits(text: str, evidence: Mapping[str, str]) -> tuple[FlagHit, ...]:
    """Flags with the places of the words that raised them."""
    return tuple(
        FlagHit(flag, 1.0, (Evidence(text.index(part), text.index(part) + len(part), "rule:test"),))
        for flag, part in evidence.items()
    )


async def open_stage(path: Path, clock: FixedClock, *, waive_codes: bool = True, **settings: Any) -> Stage:
    """A stage on a SQLite file, with two members of staff: ana and luis."""
    store = await open_store(
        f"sqlite:///{path}", keys=[KEY], pepper=PEPPER, clock=clock, renderer=KeyRenderer()
    )
    accounts = StaffAccounts(store.database, store.keyring, clock, CHEAP, waive_codes=waive_codes)
    await accounts.add("ana", "Ana", PASSWORD)
    await accounts.add("luis", "Luis", PASSWORD)
    app = create_app(
        service=store.service, staff=accounts, stats=store.stats, clock=clock, tokens=store.tokens, **settings
    )
    return Stage(World(store, clock, accounts), app)


class Visit:
    """A browser without script: follows links, keeps cookies, sends the forms that a page holds."""

    def __init__(self, app: FastAPI, *, base: str = HOST, headers: Mapping[str, str] | None = None) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=True),
            base_url=base,
            headers={"accept-language": "en", **(headers or {})},
        )
        self.page = httpx.Response(200)
        self.path = ""

    async def open(self, path: str, **headers: str) -> str:
        """A page, redirects followed; its HTML."""
        self.page = await self.client.get(path, headers=headers)
        await self._follow()
        return self.page.text

    async def send(self, action: str, **fields: str) -> httpx.Response:
        """Send the form of the current page that goes to ``action``; the answer before any redirect."""
        return await self.post(action, {**self.form(action), **fields})

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """A form, as a browser sends it from one of our pages."""
        sent = {"sec-fetch-site": "same-origin", "origin": str(self.client.base_url).rstrip("/"), **headers}
        answer = await self.client.post(path, data=dict(fields), headers=sent)
        self.page = answer
        return answer

    async def press(self, action: str, **fields: str) -> str:
        """Send a form and go where it leads; the HTML of that page."""
        await self.send(action, **fields)
        await self._follow()
        return self.page.text

    def form(self, action: str) -> dict[str, str]:
        """The hidden fields of a form of the current page."""
        found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', self.page.text, re.DOTALL)
        assert found is not None, f"no form to {action}"
        pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0])
        areas = re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', found[0], re.DOTALL)
        return {name: unescape(value) for name, value in [*pairs, *areas]}

    async def sign_in(self, login: str = "ana", password: str = PASSWORD) -> str:
        await self.open("/sign-in")
        return await self.press("/sign-in", login=login, password=password)

    async def _follow(self) -> None:
        while self.page.status_code == 303:
            self.page = await self.client.get(self.page.headers["location"])

    async def close(self) -> None:
        await self.client.aclose()
