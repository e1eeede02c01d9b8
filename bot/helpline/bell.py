"""Wakes loops that wait for work when this process stores some; between processes they poll."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary


class Bell:
    """Rung after a commit. Each waiting task hears every ring since it last looked."""

    def __init__(self) -> None:
        self._rings = 0
        self._event = asyncio.Event()
        self._heard: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()

    def ring(self) -> None:
        """Wake all that wait now."""
        self._rings += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    def heed(self) -> None:
        """The calling task looks for work now: only later rings wake it."""
        task = asyncio.current_task()
        if task is not None:
            self._heard[task] = self._rings

    async def wait(self, seconds: float) -> None:
        """Until a ring that the calling task has not heard, or so many ``seconds``."""
        task = asyncio.current_task()
        event = self._event
        if task is None or self._heard.get(task, self._rings) == self._rings:
            try:
                async with asyncio.timeout(seconds):
                    await event.wait()
            except TimeoutError:
                pass
        self.heed()
