"""The process is killed between every two steps of a turn; after a restart nothing is lost or doubled.

The victim is a real process over a real socket and a SQLite file; see `victim.py`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.content.library import Library
from bot.content.markup import strip
from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.core.effects import Audience, Phrase, Safety, SafetyPart, Say
from bot.sandbox import create_app
from bot.sandbox.hub import Sandbox
from bot.settings import read_settings
from bot.wiring.parts import open_database
from bot.wiring.serve import listen, serving, url_of
from tests.fakes import TOKEN
from tests.faults.victim import POINTS

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
DANGER = "mi padrastro me pega con un cinturon"
ORDINARY = "/privacy"
LAST = "/help"


@dataclass
class World:
    """The stand-in for Telegram in this process, and the victim's folder."""

    sandbox: Sandbox
    api: str
    folder: Path

    @asynccontextmanager
    async def victim(self, point: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.victim", self.api, str(self.folder), point),
            cwd=ROOT,
            env={**os.environ, "AMPARO_LOG_LEVEL": "error"},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def texts(self, person: int) -> list[str]:
        return [m.text for m in self.sandbox.world.messages(person) if m.sender_id != person]

    async def until_said(self, person: int, text: str) -> None:
        """Wait until the bot said this, perhaps among more."""
        async with asyncio.timeout(DEADLINE):
            with self.sandbox.sleeper() as changed:
                while not any(text in said for said in self.texts(person)):
                    await changed.wait()
                    changed.clear()


@pytest.fixture
async def world(tmp_path: Path, trained: Path) -> AsyncIterator[World]:
    (tmp_path / "model.npz").symlink_to(trained)
    app = create_app(TOKEN, SystemClock())
    listener = listen("127.0.0.1:0", "test")
    async with serving(app, listener, closing=app.state.sandbox.close):
        yield World(app.state.sandbox, url_of(listener), tmp_path)


@pytest.mark.parametrize("first", [ORDINARY, DANGER], ids=["ordinary first", "danger first"])
@pytest.mark.parametrize("point", POINTS)
async def test_one_answer_one_case_right_order(
    world: World, library: Library, point: str, first: str
) -> None:
    book = Phrasebook(library.responses)
    person = world.sandbox.world.add_human("Rosa", "es", "", "").id
    second = DANGER if first == ORDINARY else ORDINARY
    for text in (first, second, LAST):
        world.sandbox.people.say(person, text, SystemClock().now())
    world.sandbox.commit()

    async with world.victim(point) as process:
        assert await asyncio.wait_for(process.wait(), DEADLINE) == -signal.SIGKILL
    async with world.victim("never"):
        await world.until_said(person, _text(book, Phrase("everyday.help"), "child"))

    safety = ["safety 1", "safety 2"]
    expected = ["privacy", *safety, "help"] if first == ORDINARY else [*safety, "privacy", "help"]
    assert [_label(book, text) for text in world.texts(person)] == _in_flight(expected, point)
    assert await _cases(world, book) == 1


def _in_flight(expected: list[str], point: str) -> list[str]:
    """What was being sent at the kill is uncertain, and Telegram has no key against doubles.

    A safety text is sent again rather than not at all; an ordinary answer is not repeated blindly.
    """
    if point == "before send" and expected[0] == "privacy":
        return expected[1:]
    if point == "after send" and expected[0] == "safety 1":
        return [expected[0], *expected]
    return expected


def _label(book: Phrasebook, text: str) -> str:
    for role in ("", "child"):
        if text == _text(book, Phrase("everyday.privacy"), role):
            return "privacy"
        if _text(book, Phrase("everyday.help"), role) in text:
            return "help"
        if _text(book, Safety("violence", SafetyPart.STEPS), role) in text:
            return "safety 1"
        if _text(book, Phrase("safety.secrecy"), role) in text:
            return "safety 2"
    return text


def _text(book: Phrasebook, block: Phrase | Safety, role: str = "") -> str:
    (message,) = book.render(Say((block,)), Audience("es", "", role), SystemClock().now())
    return strip(message.html)


async def _cases(world: World, book: Phrasebook) -> int:
    store = await open_database(read_settings(data_dir=world.folder), SystemClock(), book)
    try:
        staff = await store.staff.add("ana", "Ana", "a long enough password")
        return len((await store.service.queue(staff)).rows)
    finally:
        await store.close()
