"""Tells a Rasa server that something waits for a person, so that it asks for it on the person's channel.

Only the fact goes out; the words are handed over when Rasa calls `action_amparo_deliver`. Rasa names
a conversation in the address of its API, so the sender's id stands there and nothing else.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
import structlog

from bot.actions.names import DELIVERY_INTENT, RASA
from bot.core.ports import ChatId, Clock, Outbox
from bot.errors import StoreError

log = structlog.get_logger()

IDLE_SECONDS = 2.0
AGED_SECONDS = 3.0
"""What is younger goes back with the call that brought it about."""

_BATCH = 1000
_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Later:
    """When a chat is tried again, and how long it is left alone after that."""

    at: datetime
    rest: timedelta


class Pusher:
    """One loop; what cannot be pushed stays in the outbox for the person's next message."""

    def __init__(self, client: httpx.AsyncClient, outbox: Outbox, clock: Clock) -> None:
        """``client`` has the Rasa server's address as its base."""
        self._client = client
        self._outbox = outbox
        self._clock = clock
        self._later: dict[ChatId, _Later] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.push_once()
            except StoreError as error:
                log.warning("push_failed", error=type(error).__name__)
            await self._outbox.wait(IDLE_SECONDS)
            await asyncio.sleep(AGED_SECONDS)

    async def push_once(self) -> int:
        """Tell Rasa of every chat that is due; of how many it took notice. Raises `StoreError`."""
        now = self._clock.now()
        chats = await self._outbox.waiting(RASA, AGED_SECONDS, _BATCH)
        self._later = {chat: later for chat, later in self._later.items() if chat in chats}
        told = 0
        for chat in chats:
            later = self._later.get(chat)
            if later is not None and now < later.at:
                continue
            told += await self._tell(chat)
            # The next look shows whether it was fetched; if not, the channel cannot be written to now.
            rest = _FIRST if later is None else min(_LONGEST, later.rest * 2)
            self._later[chat] = _Later(now + rest, rest)
        return told

    async def _tell(self, chat: ChatId) -> bool:
        path = f"/conversations/{quote(str(chat), safe='')}/trigger_intent"
        try:
            response = await self._client.post(
                path, params={"output_channel": "latest"}, json={"name": DELIVERY_INTENT}
            )
        except httpx.HTTPError as error:
            log.warning("rasa_away", error=type(error).__name__)
            return False
        if response.status_code != httpx.codes.OK:
            log.warning("rasa_refused", status=response.status_code)
        return response.status_code == httpx.codes.OK
