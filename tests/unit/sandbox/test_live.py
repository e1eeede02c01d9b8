"""The stream of news."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.core.clock import SystemClock
from bot.sandbox import create_app
from bot.sandbox.hub import Sandbox
from bot.sandbox.people import PeopleApi
from tests.browser.serving import served
from tests.unit.sandbox.conftest import TOKEN, Place


async def test_watchers_hear_what_happens_in_order(place: Place) -> None:
    person = await place.started()
    with place.sandbox.watch() as news:
        await place.bot.send_chat_action(person.id, "typing")
        await place.bot.send_message(person.id, "x")
        heard: list[Any] = [news.get_nowait() for _ in range(news.qsize())]
    assert [item["kind"] for item in heard] == ["action", "message"]


async def test_stream_begins_with_hello_and_ends_on_close(place: Place) -> None:
    stream = PeopleApi(place.sandbox)._stream()
    assert '"hello"' in await anext(stream)
    place.sandbox.close()
    assert [piece async for piece in stream] == []


async def test_watcher_that_does_not_read_is_cut_off(place: Place) -> None:
    person = await place.started()
    with place.sandbox.watch() as news:
        for _ in range(news.maxsize + 1):
            place.sandbox.bot.act(person.id, "typing")
        place.sandbox.commit()
        heard = [news.get_nowait() for _ in range(news.qsize())]
        place.sandbox.bot.act(person.id, "typing")
        place.sandbox.commit()
        assert news.empty()
    assert heard[-1] is None


@pytest.fixture
def socketed() -> Iterator[tuple[str, Sandbox]]:
    app = create_app(TOKEN, SystemClock())
    with served(app) as root:
        yield root, app.state.sandbox


async def test_over_a_real_socket(socketed: tuple[str, Sandbox]) -> None:
    root, sandbox = socketed
    async with httpx.AsyncClient(base_url=f"{root}/bot{TOKEN}/") as http:
        assert (await http.get("getMe")).json()["ok"] is True
        sandbox.faults.refuse(times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("getMe")
        sandbox.faults.silence()
        with pytest.raises(httpx.ReadTimeout):
            await http.get("getMe", timeout=0.1)
        first = asyncio.create_task(http.get("getUpdates", params={"timeout": 5}, timeout=10))
        async with asyncio.timeout(5):
            while not sandbox.waiters:  # noqa: ASYNC110 - the server's own thread has no event to offer
                await asyncio.sleep(0)
        second = asyncio.create_task(http.get("getUpdates", params={"timeout": 1}, timeout=10))
        assert (await first).status_code == 409
        assert (await second).json() == {"ok": True, "result": []}
