"""Delivers what the outbox holds: in order per chat, within Telegram's limits, until it took it."""

from __future__ import annotations

import asyncio
import random

import structlog
from aiolimiter import AsyncLimiter

from bot.chat.telegram import Client
from bot.core.handout import Document
from bot.core.ports import Outbox, OutgoingMessage, Paper, Papers
from bot.errors import (
    ContentError,
    DeliveryRejected,
    DeliveryRetry,
    DeliveryUncertain,
    DeliveryUnreachable,
    HandoutError,
    StoreUnavailable,
)

log = structlog.get_logger()

BATCH = 20
IDLE_SECONDS = 0.5
AWAY_SECONDS = 1.0
MAX_BACKOFF = 60.0
MESSAGES_A_SECOND = 25
"""A little under the thirty a second that Telegram allows a bot over all chats."""


class Delivery:
    """The delivery loop of one process."""

    def __init__(
        self,
        client: Client,
        outbox: Outbox,
        bot_id: int,
        *,
        papers: Papers | None = None,
        per_second: float = MESSAGES_A_SECOND,
        away_seconds: float = AWAY_SECONDS,
    ) -> None:
        """``away_seconds``: how long a database that is away is left alone."""
        self._away_seconds = away_seconds
        self._papers = papers
        self._client = client
        self._outbox = outbox
        self._bot_id = bot_id
        self._pace = AsyncLimiter(per_second, 1)
        self._random = random.Random()

    async def run(self) -> None:
        """Until cancelled. What an earlier process was sending when it died is settled first."""
        recovered = False
        while True:
            try:
                if not recovered:
                    await self._outbox.recover(self._bot_id)
                    recovered = True
                if not await self.deliver_once():
                    await self._outbox.wait(IDLE_SECONDS)
            except StoreUnavailable:
                log.warning("database_away")
                recovered = False  # what was claimed would stay in the air, and hold up its chat
                await asyncio.sleep(self._away_seconds)

    async def deliver_once(self) -> int:
        """Send what is due, one message a chat; how many were tried.

        Raises the first `StoreError` once every message was tried: none is broken off for another's sake.
        """
        messages = await self._outbox.claim(self._bot_id, BATCH)
        ends = await asyncio.gather(*map(self._deliver, messages), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        return len(messages)

    async def _deliver(self, message: OutgoingMessage) -> None:
        async with self._pace:
            try:
                telegram_id = await self._send(message)
            except DeliveryRetry as error:
                after = error.retry_after or self._backoff(message.attempts)
                log.info("delivery_retry", outbox_id=message.id, reason=str(error), after=round(after, 1))
                await self._outbox.retry(message.id, after)
            except DeliveryUncertain:
                log.warning("delivery_uncertain", outbox_id=message.id)
                await self._outbox.uncertain(message.id)
            except DeliveryUnreachable:
                log.info("chat_unreachable", outbox_id=message.id)
                await self._outbox.unreachable(message.id)
            except DeliveryRejected as error:
                log.error("delivery_rejected", outbox_id=message.id, reason=str(error))
                await self._outbox.rejected(message.id, "bad_request")
            except Exception as error:  # one bad message must not stop the others; it may be out
                log.error("delivery_broke", outbox_id=message.id, error=type(error).__name__)
                await self._outbox.uncertain(message.id)
            else:
                await self._outbox.sent(message.id, telegram_id)

    async def _send(self, message: OutgoingMessage) -> int:
        if message.message.document is not None:
            paper = await self._paper(message.message.document)
            return await self._client.send_document(message.chat_id, message.message, paper)
        if message.wipe is None:
            return await self._client.send(message.chat_id, message.message)
        await self._client.wipe(message.chat_id, message.wipe)
        return 0

    async def _paper(self, document: Document) -> Paper:
        """The file of a message. One that cannot be made now will not be made by trying again."""
        if self._papers is None:
            raise DeliveryRejected("no files are made here")
        try:
            return await self._papers.make(document)
        except (HandoutError, ContentError) as error:
            raise DeliveryRejected("the file could not be made") from error

    def _backoff(self, attempts: int) -> float:
        longest = min(MAX_BACKOFF, 0.5 * 2.0 ** min(attempts, 8))
        return longest * (0.5 + self._random.random() / 2)
