"""The stream: every change once, in order, from where the page stood; an end when the session ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from bot.console.live import stream
from bot.console.visit import Parts
from tests.unit.console.stage import Case, Stage, Visit


def parts_of(stage: Stage) -> Parts:
    parts: Parts = stage.app.state.parts
    return parts


async def until(events: AsyncIterator[str], kind: str) -> list[str]:
    """Everything up to the first event of a kind."""
    found = []
    async for event in events:
        found.append(event)
        if f"event: {kind}\n" in event:
            return found
    raise AssertionError(f"the stream ended without {kind}")


def references(events: list[str]) -> list[str]:
    return [json.loads(e.split("data: ")[1])["reference"] for e in events if "event: change" in e]


async def test_a_page_hears_what_it_missed_and_then_what_happens(stage: Stage, ana: Visit) -> None:
    first = await stage.opens(1, Case("a"))
    seen = await stage.store.service.latest_change()
    second = await stage.opens(2, Case("b"))
    events = stream(parts_of(stage), ana.client.cookies["amparo_session"], seen)
    missed = await until(events, "beat")
    assert set(references(missed)) == {second}
    waiting = asyncio.ensure_future(until(events, "change"))
    await asyncio.sleep(0)
    member = await stage.member("luis")
    await stage.store.service.claim(member, first)
    assert references(await waiting) == [first]
    await events.aclose()  # type: ignore[attr-defined]


async def test_numbers_rise_and_never_repeat(stage: Stage, ana: Visit) -> None:
    for chat in (1, 2, 3):
        await stage.opens(chat, Case("a"))
    events = stream(parts_of(stage), ana.client.cookies["amparo_session"], 0)
    heard = await until(events, "beat")
    numbers = [int(event.split("\n")[0].removeprefix("id: ")) for event in heard if event.startswith("id: ")]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == await stage.store.service.latest_change()
    await events.aclose()  # type: ignore[attr-defined]


async def test_the_stream_ends_with_its_session(stage: Stage, ana: Visit) -> None:
    session = ana.client.cookies["amparo_session"]
    await stage.world.accounts.sign_out(session)
    heard = [event async for event in stream(parts_of(stage), session, 0)]
    assert heard[-1].startswith("event: signed_out")


async def test_a_stream_says_nothing_of_what_people_wrote(stage: Stage, ana: Visit) -> None:
    await stage.opens(1, Case("a secret"))
    events = stream(parts_of(stage), ana.client.cookies["amparo_session"], 0)
    assert "secret" not in "".join(await until(events, "beat"))
    await events.aclose()  # type: ignore[attr-defined]
