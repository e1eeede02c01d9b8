"""The bot as a whole: start, run its loops side by side, stop cleanly."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.chat.delivery import Delivery
from bot.chat.events import Translator
from bot.chat.poller import Poller
from bot.chat.telegram import Client, start_error
from bot.chat.worker import Worker
from bot.core.ports import Clock, DangerScan, Inbox, Outbox, Renderer, Turns
from bot.core.turn import TurnRunner
from bot.errors import ChatError

log = structlog.get_logger()

_START_BACKOFF = 15.0


class ChatService:
    """Everything between Telegram and the store."""

    def __init__(
        self,
        client: Client,
        *,
        inbox: Inbox,
        turns: Turns,
        outbox: Outbox,
        runner: TurnRunner,
        scan: DangerScan,
        renderer: Renderer,
        clock: Clock,
        workers: int = 1,
    ) -> None:
        self._client = client
        self._inbox, self._turns, self._outbox = inbox, turns, outbox
        self._runner, self._scan, self._renderer, self._clock = runner, scan, renderer, clock
        self._workers = workers
        self._translator = Translator(client.bot)
        self._presses = _Presses(client)
        self.poller: Poller | None = None

    async def start(self) -> int:
        """Wait for Telegram, then the bot's id. Raises `ChatError` where the token is refused."""
        waited = 0.5
        while True:
            try:
                await self._translator.start()
                await self._client.prepare()
                return self._client.bot.id
            except InvalidToken as error:
                raise ChatError(start_error(error)) from error
            except TelegramError as error:
                log.warning("telegram_away", error=type(error).__name__, hint=start_error(error))
                await asyncio.sleep(waited)
                waited = min(_START_BACKOFF, waited * 2)

    async def run(self) -> None:
        """Until cancelled; then whatever is in hand is finished or rolled back."""
        bot_id = await self.start()
        self.poller = Poller(self._client, self._inbox, self._scan, self._renderer, self._clock, bot_id)
        delivery = Delivery(self._client, self._outbox, bot_id)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.poller.run())
                group.create_task(delivery.run())
                for _ in range(self._workers):
                    group.create_task(self._worker(bot_id).run())
        finally:
            await self._presses.close()
            await self._translator.stop()

    def _worker(self, bot_id: int) -> Worker:
        return Worker(
            self._turns, self._translator, self._runner, self._renderer, self._clock, bot_id, self._presses
        )


class _Presses:
    """Answers callback queries beside the turn: only comfort, so a failure is not an error."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()

    def acknowledge(self, raw: dict[str, Any]) -> None:
        query = raw.get("callback_query")
        identity = query.get("id") if isinstance(query, dict) else None
        if isinstance(identity, str):
            task = asyncio.create_task(self._answer(identity))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, identity: str) -> None:
        try:
            await self._client.bot.answer_callback_query(identity)
        except TelegramError as error:
            log.debug("press_not_acknowledged", error=type(error).__name__)
