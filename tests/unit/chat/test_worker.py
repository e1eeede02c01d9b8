"""A lane of work: what fails outside of the transaction is counted like what fails inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

from bot.chat.worker import Worker
from bot.core.effects import Kind, Message
from bot.core.events import AnyEvent
from bot.core.ports import ChatId, TurnUnit
from bot.errors import NotReadYet


class Turns:
    """One update, which comes until it is counted as failed."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    @asynccontextmanager
    async def next(self, bot_id: int, chat_id: ChatId | None = None) -> AsyncIterator[TurnUnit | None]:
        unit = SimpleNamespace(inbox_id=7, raw="{}", attempts=0, others=())
        yield None if self.failures else cast(TurnUnit, unit)

    async def failed(self, inbox_id: int, code: str, *, final: bool = False) -> bool:
        self.failures.append(f"{inbox_id} {code}")
        return False

    async def wait(self, seconds: float) -> None: ...

    async def fallback(self, inbox_id: int, message: Message, kind: Kind) -> None: ...


class NeverReady:
    async def event(self, raw: dict[str, Any]) -> AnyEvent | None:
        async def prepare() -> None:
            raise OverflowError("words of a person")

        raise NotReadYet(prepare)


async def test_what_cannot_be_read_ahead_is_counted_and_ends_no_lane() -> None:
    turns, nobody = Turns(), cast(Any, None)
    worker = Worker(turns, NeverReady(), nobody, nobody, nobody, 1, nobody)
    assert await worker.work_once()
    assert not await worker.work_once()
    assert turns.failures == ["7 overflow_error"]
