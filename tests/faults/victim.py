"""A bot process that kills itself at a chosen step, as a power cut would: no handler runs, nothing is flushed.

    python -m tests.faults.victim API DATA_DIR POINT

The parts are the real ones; each is wrapped at its port, and the wrapper kills before or after its call.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.chat.service import ChatService
from bot.chat.telegram import Client
from bot.core.effects import Kind, Message
from bot.settings import read_settings
from bot.wiring.parts import open_parts
from tests.fakes import TOKEN

POINTS = (
    "before store",
    "after store",
    "before turn",
    "inside turn",
    "before commit",
    "after commit",
    "before claim",
    "before send",
    "after send",
    "after sent",
)


def killer(point: str) -> Callable[[str], None]:
    """Dies when the chosen point is reached."""

    def reached(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


class Wrapped:
    """An object with some methods replaced; everything else is the object's own."""

    def __init__(self, inner: Any, **methods: Any) -> None:
        self.__dict__.update(methods, _inner=inner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def around(call: Any, reached: Callable[[str], None], before: str = "", after: str = "") -> Any:
    async def wrapper(*args: Any, **named: Any) -> Any:
        reached(before)
        result = await call(*args, **named)
        reached(after)
        return result

    return wrapper


def turns(inner: Any, reached: Callable[[str], None]) -> Any:
    @asynccontextmanager
    async def following(bot_id: int) -> AsyncIterator[Any]:
        async with inner.next(bot_id) as unit:
            if unit is None:
                yield None
                return
            reached("before turn")

            async def say(message: Message, kind: Kind) -> None:
                await unit.say(message, kind)
                reached("inside turn")

            yield Wrapped(unit, say=say)
            reached("before commit")
        reached("after commit")

    return Wrapped(inner, next=following)


async def main(api: str, folder: Path, point: str) -> None:
    reached = killer(point)
    settings = read_settings(data_dir=folder, workers=1)
    async with open_parts(settings) as parts:
        client = Client(TOKEN, api)
        store = parts.store
        outbox = store.outbox
        sending: Any = Wrapped(client, send=around(client.send, reached, "before send", "after send"))
        service = ChatService(
            sending,
            inbox=Wrapped(
                store.inbox, store=around(store.inbox.store, reached, "before store", "after store")
            ),
            turns=turns(store.turns, reached),
            outbox=Wrapped(
                outbox,
                claim=around(outbox.claim, reached, "before claim"),
                sent=around(outbox.sent, reached, "", "after sent"),
            ),
            runner=parts.runner,
            scan=parts.scan,
            renderer=parts.phrasebook,
            clock=parts.clock,
        )
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
