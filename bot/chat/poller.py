"""Receives updates: stores the raw JSON, and only then asks for the next, which confirms it.

python-telegram-bot's own Updater confirms what still waits in memory, and loses it when killed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from bot.chat.raw import ALLOWED_UPDATES, client_language, incoming, is_private
from bot.chat.telegram import POLL_SECONDS, Client
from bot.core.ports import ChatId, Clock, DangerScan, Inbox, IncomingUpdate, Renderer
from bot.core.turn import fallback
from bot.errors import ChatError, DeliveryError, DeliveryRetry, StoreError

log = structlog.get_logger()

MAX_BACKOFF = 30.0


class Poller:
    """The polling loop. ``last_success`` is when Telegram last answered, for the health page."""

    def __init__(
        self,
        client: Client,
        inbox: Inbox,
        scan: DangerScan,
        renderer: Renderer,
        clock: Clock,
        bot_id: int,
        *,
        seconds: int = POLL_SECONDS,
        look: DangerScan | None = None,
        typing: Callable[[ChatId], None] | None = None,
    ) -> None:
        self._seconds = seconds
        self._client = client
        self._inbox = inbox
        self._scan = scan
        self._look = look
        self._typing = typing
        self._renderer = renderer
        self._clock = clock
        self._bot_id = bot_id
        self._offset = 0
        self._verified = False
        self._told: set[ChatId] = set()
        self.last_success: datetime | None = None

    async def run(self) -> None:
        """Until cancelled. Trouble is waited out, longer each time."""
        trouble = 0
        while True:
            try:
                await self.poll_once()
                trouble = 0
            except (DeliveryRetry, ChatError, StoreError) as error:
                trouble += 1
                log.warning("poll_failed", error=type(error).__name__, in_a_row=trouble)
                await asyncio.sleep(min(MAX_BACKOFF, 0.5 * 2 ** min(trouble, 10)))

    async def poll_once(self) -> int:
        """Ask once and store what came; how many updates were new.

        Raises `DeliveryRetry` (Telegram away), `ChatError` (refused) or `StoreError` (database away);
        then nothing was confirmed and Telegram will give the same updates again.
        """
        raw = await self._client.updates(self._offset, ALLOWED_UPDATES, self._seconds)
        self.last_success = self._clock.now()
        updates = [
            item for item in (incoming(value, self._scan, self._look) for value in raw) if item is not None
        ]
        if len(updates) < len(raw):
            log.error("updates_without_id", count=len(raw) - len(updates))
        if updates:
            await self._store(updates)
        if not self._verified:
            await self._verify()
        return len(updates)

    async def _store(self, updates: Sequence[IncomingUpdate]) -> None:
        try:
            await self._inbox.store(self._bot_id, updates)
        except StoreError:
            await self._tell(updates)
            raise
        self._told.clear()
        if self._typing is not None:
            for chat_id in {
                update.chat_id for update in updates if update.plain and update.chat_id is not None
            }:
                self._typing(chat_id)
        self._offset = max(update.update_id for update in updates) + 1

    async def _tell(self, updates: Sequence[IncomingUpdate]) -> None:
        """The database is away: each person who writes gets the safety text once, straight away."""
        for update in updates:
            raw = json.loads(update.raw)
            chat_id = update.chat_id
            if chat_id is None or chat_id in self._told or not is_private(raw) or "my_chat_member" in raw:
                continue
            self._told.add(chat_id)
            message = fallback(self._renderer, client_language(raw), self._clock.now())
            try:
                await self._client.send(chat_id, message)
            except DeliveryError as error:
                log.warning("fallback_not_sent", error=type(error).__name__)

    async def _verify(self) -> None:
        """Telegram keeps an older list of update kinds if ours did not get through."""
        info = await self._client.webhook_info()
        kept = set(info.allowed_updates or ALLOWED_UPDATES)
        if kept != set(ALLOWED_UPDATES):
            log.error("allowed_updates_differ", kept=sorted(kept))
        self._verified = True
