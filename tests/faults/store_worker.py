"""A small bot process that kills itself at a given step: ``python -m tests.faults.store_worker URL STEP``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.core.clock import SystemClock
from bot.core.effects import Kind, Message, OpenCase
from bot.core.ports import IncomingUpdate, TurnUnit
from bot.core.taxonomy import Priority
from bot.helpline import Store, open_store
from tests.conftest import PEPPER
from tests.contract.world import BOT, SPANISH, KeyRenderer

STEPS = ("stored", "loaded", "gathered", "committed", "claimed", "delivered", "settled")
CHAT = 501


async def answer(unit: TurnUnit) -> None:
    """What the bot does with each update: an answer, a safety text and one case."""
    await unit.load()
    await unit.say(Message(f"answer {unit.raw}"), Kind.ANSWER)
    await unit.say(Message(f"safety {unit.raw}"), Kind.SAFETY)
    await unit.open_case(OpenCase(1, Priority.EMERGENCY, ("violence",), "abuse", None), SPANISH)
    await unit.save({"last": unit.raw}, SPANISH)


class Worker:
    """Stores, answers and delivers; ``delivered`` is a file that stands for Telegram."""

    def __init__(self, store: Store, delivered: Path, die_at: str = "") -> None:
        self.store = store
        self.delivered = delivered
        self.die_at = die_at

    def step(self, name: str) -> None:
        if name == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work(self) -> None:
        """Everything from the beginning; safe to be run again after a crash."""
        await self.store.outbox.recover(BOT)
        await self.store.inbox.store(BOT, [IncomingUpdate(n, str(n), CHAT) for n in (1, 2)])
        self.step("stored")
        while await self._turn():
            self.step("committed")
        while claimed := await self.store.outbox.claim(BOT, 9):
            self.step("claimed")
            for item in claimed:
                with self.delivered.open("a") as file:
                    file.write(f"{item.message.html}\n")
                self.step("delivered")
                await self.store.outbox.sent(item.id, item.id)
                self.step("settled")

    async def _turn(self) -> bool:
        async with self.store.turns.next(BOT) as unit:
            if unit is None:
                return False
            self.step("loaded")
            await answer(unit)
            self.step("gathered")
        return True


async def main(url: str, key: str, delivered: str, die_at: str) -> None:
    """Open the store and work until the step at which to die."""
    store = await open_store(url, keys=[key], pepper=PEPPER, clock=SystemClock(), renderer=KeyRenderer())
    await Worker(store, Path(delivered), die_at).work()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
