"""Starting again goes on where it was."""

from __future__ import annotations

import stat
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.errors import StoreUnavailable
from bot.sandbox import create_app
from bot.sandbox.people import ROOT
from bot.sandbox.person import Person
from bot.sandbox.transport import SandboxTransport
from tests.clock import FixedClock
from tests.unit.sandbox.conftest import ROOT as ADDRESS
from tests.unit.sandbox.conftest import TOKEN


def start(path: Path | None, clock: FixedClock) -> Starlette:
    return create_app(TOKEN, clock, database=path, random=Random(1))


def client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=SandboxTransport(app), base_url=ADDRESS)


async def call(http: httpx.AsyncClient, method: str, **body: object) -> Any:
    return (await http.post(f"/bot{TOKEN}/{method}", json=body)).json()["result"]


async def test_everything_is_there_again(tmp_path: Path, fixed_clock: FixedClock) -> None:
    path = tmp_path / "deep" / "world.sqlite3"
    app = start(path, fixed_clock)
    async with client(app) as http:
        person = await Person.new(http, "Somebody", "es", "cr")
        await person.say("hola")
        await call(http, "setMyCommands", commands=[{"command": "help", "description": "Help"}])
        markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "/yes"}]]}
        await call(http, "sendMessage", chat_id=person.id, text="?", reply_markup=markup)
        document = await http.post(
            f"/bot{TOKEN}/sendDocument", data={"chat_id": person.id}, files={"document": ("a", b"data")}
        )
        gone = await call(http, "sendMessage", chat_id=person.id, text="gone")
        await call(http, "deleteMessage", chat_id=person.id, message_id=gone["message_id"])
        await person.press("Yes")
        await call(http, "getUpdates", allowed_updates=["message", "callback_query"])
        before = await person.messages()
        updates = await call(http, "getUpdates")
        press = updates[-1]["callback_query"]["id"]
    app.state.sandbox.storage.close()

    again = start(path, fixed_clock)
    async with client(again) as http:
        person = Person(http, person.id)
        assert await person.messages() == before
        assert await call(http, "getUpdates") == updates
        assert (await call(http, "getWebhookInfo"))["allowed_updates"] == ["callback_query", "message"]
        assert await call(http, "getMyCommands") == [{"command": "help", "description": "Help"}]
        assert await call(http, "answerCallbackQuery", callback_query_id=press) is True
        file = document.json()["result"]["document"]["file_id"]
        assert (await http.get(f"/sandbox/files/{file}")).content == b"data"
        sent = await call(http, "sendMessage", chat_id=person.id, text="next")
        assert sent["message_id"] == gone["message_id"] + 1
        await person.say("otra vez")
        assert (await call(http, "getUpdates"))[-1]["update_id"] == updates[-1]["update_id"] + 1
    again.state.sandbox.storage.close()


async def test_ready_people_are_added_once(tmp_path: Path, fixed_clock: FixedClock) -> None:
    for _ in range(2):
        app = start(tmp_path / "world.sqlite3", fixed_clock)
        async with client(app) as http:
            people = (await http.get(f"{ROOT}/people")).json()["people"]
        app.state.sandbox.storage.close()
        assert [person["country"] for person in people] == ["cr", "rw", "py", "sn"]


async def test_without_a_file_nothing_is_kept(fixed_clock: FixedClock) -> None:
    async with client(start(None, fixed_clock)) as http:
        await (await Person.new(http)).say("hola")
        assert len(await call(http, "getUpdates")) == 1


def test_file_is_its_owners_alone(tmp_path: Path, fixed_clock: FixedClock) -> None:
    path = tmp_path / "world.sqlite3"
    app = start(path, fixed_clock)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    app.state.sandbox.storage.close()


def test_file_that_is_no_database(tmp_path: Path, fixed_clock: FixedClock) -> None:
    path = tmp_path / "world.sqlite3"
    path.write_text("something else, long enough to be no header of a database at all " * 20)
    with pytest.raises(StoreUnavailable, match=r"world\.sqlite3 cannot be opened"):
        start(path, fixed_clock)


def test_token_must_look_like_one(fixed_clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="a bot token is a number"):
        create_app("secret", fixed_clock)
