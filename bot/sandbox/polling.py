"""getUpdates: one poller at a time, answered as soon as something is there."""

from __future__ import annotations

import asyncio

from bot.sandbox.hub import Sandbox, until
from bot.sandbox.params import Params
from bot.sandbox.refusals import ApiError, conflict
from bot.sandbox.text import Json

MAX_WAIT = 50
"""Seconds; Telegram's own limit for long polling."""

_WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"


class Polling:
    """Holds the one waiting poller; dates come from the clock, waiting from the event loop."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._waiting: _Poll | None = None

    async def get_updates(self, params: Params) -> list[Json]:
        """Raises `ApiError` 409 while a webhook is set, or when another poller comes."""
        world = self._sandbox.world
        if world.webhook.get("url"):
            raise conflict(_WEBHOOK_ACTIVE)
        offset = params.integer("offset", 0, -(2**31), 2**31 - 1)
        limit = params.integer("limit", 100, 1, 100)
        wait = params.integer("timeout", 0, 0, MAX_WAIT)
        world.updates.allow(params.values.get("allowed_updates"))
        updates = self._read(offset, limit)
        if updates or not wait:
            return updates
        self.end(conflict(_OTHER_POLLER))
        return await self._wait(max(offset, 0), limit, wait)

    async def _wait(self, offset: int, limit: int, seconds: int) -> list[Json]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        with self._sandbox.sleeper() as event:
            poll = self._waiting = _Poll(event)
            try:
                while await until(event, max(0.0, deadline - loop.time())):
                    if self._sandbox.closed:
                        return []
                    if poll.refusal is not None:
                        raise poll.refusal
                    if updates := self._read(offset, limit):
                        return updates
                return []
            finally:
                if self._waiting is poll:
                    self._waiting = None

    def end(self, refusal: ApiError) -> None:
        """Send the waiting poller away."""
        if self._waiting is not None:
            self._waiting.refusal = refusal
            self._waiting.event.set()
            self._waiting = None

    def _read(self, offset: int, limit: int) -> list[Json]:
        world = self._sandbox.world
        updates, confirmed = world.updates.read(offset, limit, self._sandbox.now())
        world.confirm(confirmed)
        self._sandbox.commit()
        return updates


class _Poll:
    def __init__(self, event: asyncio.Event) -> None:
        self.event = event
        self.refusal: ApiError | None = None
