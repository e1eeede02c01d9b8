"""Takes stored updates one by one and runs their turns."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol

import structlog

from bot.chat.raw import ALLOWED_UPDATES, client_language, is_private
from bot.core.effects import Kind
from bot.core.events import AnyEvent, Said
from bot.core.ports import Clock, Renderer, Turns, TurnUnit
from bot.core.turn import TurnRunner, fallback
from bot.errors import (
    AmparoError,
    Conflict,
    NotReadYet,
    StoreUnavailable,
    TogetherError,
    UpdateError,
    code_of,
)

log = structlog.get_logger()

IDLE_SECONDS = 1.0


class EventSource(Protocol):
    """Translates raw updates; `bot.chat.events.Translator`."""

    async def event(self, raw: dict[str, Any]) -> AnyEvent | None: ...


class Presses(Protocol):
    """Tells Telegram that a press arrived, so that the button stops waiting."""

    def acknowledge(self, raw: dict[str, Any]) -> None: ...


class Worker:
    """One lane of work; several may run side by side, in one process or in many."""

    def __init__(
        self,
        turns: Turns,
        events: EventSource,
        runner: TurnRunner,
        renderer: Renderer,
        clock: Clock,
        bot_id: int,
        presses: Presses,
    ) -> None:
        self._turns = turns
        self._events = events
        self._runner = runner
        self._renderer = renderer
        self._clock = clock
        self._bot_id = bot_id
        self._presses = presses

    async def run(self) -> None:
        """Until cancelled. A failing update is counted; a database that is away is waited for."""
        while True:
            try:
                if not await self.work_once():
                    await self._turns.wait(IDLE_SECONDS)
            except StoreUnavailable:
                log.warning("database_away")
                await asyncio.sleep(IDLE_SECONDS)

    async def work_once(self) -> bool:
        """One update; False where none waits. Raises `StoreUnavailable` only."""
        inbox_id, raw, attempts = 0, "", 0
        try:
            async with self._turns.next(self._bot_id) as unit:
                if unit is None:
                    return False
                inbox_id, raw, attempts = unit.inbox_id, unit.raw, unit.attempts
                await self._turn(unit)
        except StoreUnavailable:
            raise
        except NotReadYet as first:
            await self._prepare(first, inbox_id, raw, attempts)
        except Conflict:
            log.info("turn_again", inbox_id=inbox_id)  # somebody of the staff was quicker: read anew
        except Exception as error:  # the outermost loop: one bad update must never stop the others
            await self._failed(inbox_id, raw, attempts, error)
        return True

    async def _prepare(self, first: NotReadYet, inbox_id: int, raw: str, attempts: int) -> None:
        """With the transaction rolled back: nobody waits for the network."""
        try:
            await first.prepare()
        except Exception as error:  # counted like any failure, or the update would come round for ever
            await self._failed(inbox_id, raw, attempts, error)

    async def _turn(self, unit: TurnUnit) -> None:
        raw = _json(unit.raw)
        if "callback_query" in raw:
            self._presses.acknowledge(raw)
        event = await self._events.event(raw)
        if isinstance(event, Said) and unit.others:
            await self._runner.run(unit, event, await self._more(unit))
        elif event is not None:
            await self._runner.run(unit, event)
        else:
            log.info(
                "update_without_answer",
                inbox_id=unit.inbox_id,
                kinds=sorted(set(raw).intersection(ALLOWED_UPDATES)),
            )

    async def _more(self, unit: TurnUnit) -> list[Said]:
        """The texts read together with the first. One that is malformed must not bury the others."""
        try:
            events = [await self._events.event(_json(raw)) for raw in unit.others]
        except (UpdateError, ValueError) as error:
            raise TogetherError from error
        return [event for event in events if isinstance(event, Said)]

    async def _failed(self, inbox_id: int, raw: str, attempts: int, error: Exception) -> None:
        """Counted; with the last failure the person gets the safety text that stands alone."""
        log.error("turn_failed", inbox_id=inbox_id, error=type(error).__name__, attempts=attempts + 1)
        if not inbox_id:
            raise StoreUnavailable from error
        dead = await self._turns.failed(inbox_id, code_of(error), final=isinstance(error, UpdateError))
        if not dead:
            return
        update = _lenient(raw)
        if is_private(update) and "my_chat_member" not in update:
            message = fallback(self._renderer, client_language(update), self._clock.now())
            await self._turns.fallback(inbox_id, message, Kind.SAFETY)


def _json(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise UpdateError("malformed update (not an object)")
    return value


def _lenient(text: str) -> dict[str, Any]:
    try:
        return _json(text)
    except (ValueError, AmparoError):
        return {}
