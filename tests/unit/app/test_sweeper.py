"""What falls due by the clock: one part that breaks holds back neither the others nor the bot."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog

from bot.core.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.wiring.run import sweeper


async def test_a_part_that_breaks_holds_back_no_other() -> None:
    done: list[str] = []

    async def broken(_: object) -> None:
        raise KeyError("words of a person")

    async def away() -> None:
        done.append("weekly")
        raise StoreUnavailable

    async def last(_: object) -> None:
        done.append("purge")
        raise asyncio.CancelledError

    store = SimpleNamespace(
        keyring=SimpleNamespace(refresh=lambda: None),
        service=SimpleNamespace(sweep=broken),
        weekly=SimpleNamespace(sweep=away),
        retention=SimpleNamespace(purge=last),
    )
    loop = sweeper(cast(Any, SimpleNamespace(store=store, clock=SystemClock())))
    with structlog.testing.capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await loop()
    assert done == ["weekly", "purge"]
    assert [(line["what"], line["log_level"]) for line in lines] == [
        ("cases", "error"),
        ("weekly", "warning"),
    ]
    assert "words" not in repr(lines)
