"""The running stand-in: the world with its clock, storage, watchers, troubles and a record of calls."""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random, SystemRandom
from typing import Any

from bot.core.ports import Clock
from bot.sandbox.bot_side import BotSide
from bot.sandbox.faults import Faults
from bot.sandbox.journal import Journal
from bot.sandbox.people_side import PeopleSide
from bot.sandbox.refusals import ApiError
from bot.sandbox.storage import Storage
from bot.sandbox.text import Json
from bot.sandbox.world import World

_CALLS_KEPT = 20_000
_NEWS_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """A Bot API call as it came: the method as written, its parameters, when."""

    method: str
    parameters: Mapping[str, Any]
    at: datetime


class Sandbox:
    """What the routes work on. Everything runs on one event loop, so no step is interrupted by another."""

    def __init__(
        self, token: str, clock: Clock, storage: Storage, faults: Faults, random: Random | None = None
    ) -> None:
        """Raises `ValueError` where the token is not of the form ``number:letters``."""
        number, _, secret = token.partition(":")
        if not number.isascii() or not number.isdigit() or not secret:
            raise ValueError("a bot token is a number, a colon and letters")
        self._token = token
        self._clock = clock
        self._journal = Journal()
        self._watchers: set[asyncio.Queue[Json | None]] = set()
        self._sleepers: set[asyncio.Event] = set()
        self.closed = False
        self.storage = storage
        self.faults = faults
        self.calls: deque[Call] = deque(maxlen=_CALLS_KEPT)
        self.world = World(int(number), self._journal, random or SystemRandom())
        self.world.restore(storage.load())
        self.bot = BotSide(self.world)
        self.people = PeopleSide(self.world)

    def now(self) -> datetime:
        return self._clock.now()

    def authorise(self, token: str) -> None:
        """Raises `ApiError` for any token but the bot's."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise ApiError(401, "Unauthorized")

    def called(self, method: str, parameters: Mapping[str, Any]) -> None:
        self.calls.append(Call(method, parameters, self.now()))

    def commit(self) -> None:
        """Store what changed, then tell the watchers. Raises `StoreUnavailable`; the changes then wait."""
        journal = self._journal
        if not journal.changes and not journal.news:
            return
        self.storage.save(journal.changes)
        journal.changes = []
        news, journal.news = journal.news, []
        for watcher in list(self._watchers):
            self._tell(watcher, news)
        for sleeper in self._sleepers:
            sleeper.set()

    def _tell(self, watcher: asyncio.Queue[Json | None], news: list[Json]) -> None:
        for item in news:
            if watcher.full():
                self._cut_off(watcher)
                return
            watcher.put_nowait(item)

    def _cut_off(self, watcher: asyncio.Queue[Json | None]) -> None:
        """End a stream: that of a page that does not read, or every one at the end. It may begin afresh."""
        self._watchers.discard(watcher)
        if watcher.full():
            watcher.get_nowait()
        watcher.put_nowait(None)

    @contextmanager
    def watch(self) -> Iterator[asyncio.Queue[Json | None]]:
        """News from now on; None is the end."""
        watcher: asyncio.Queue[Json | None] = asyncio.Queue(_NEWS_WAITING)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    @contextmanager
    def sleeper(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something changed."""
        event = asyncio.Event()
        self._sleepers.add(event)
        try:
            yield event
        finally:
            self._sleepers.discard(event)

    @property
    def waiters(self) -> int:
        """How many requests wait for something to change."""
        return len(self._sleepers)

    def close(self) -> None:
        """End the live streams and long polls, so that a server need not wait for them."""
        self.closed = True
        for sleeper in self._sleepers:
            sleeper.set()
        for watcher in list(self._watchers):
            self._cut_off(watcher)


async def until(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most so long; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
