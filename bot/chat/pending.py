"""How many updates Telegram itself still holds, asked beside the polling, which must never wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.chat.telegram import Client
from bot.errors import DeliveryRetry, StoreError

log = structlog.get_logger()

EVERY = 60.0
"""Seconds."""

Keep = Callable[[int, int], Awaitable[None]]
"""Given the bot's id and the count."""


class PendingCount:
    """Asks once a minute; while Telegram does not answer, the last count grows old, and the console says so."""

    def __init__(self, client: Client, keep: Keep, bot_id: int) -> None:
        self._client = client
        self._keep = keep
        self._bot_id = bot_id

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY)

    async def once(self) -> None:
        """Ask, and keep the answer."""
        try:
            info = await self._client.webhook_info()
            await self._keep(self._bot_id, info.pending_update_count)
        except (DeliveryRetry, StoreError) as error:
            log.warning("pending_count_not_known", error=type(error).__name__)
