"""The bot as a whole: start, run its loops side by side, stop cleanly."""

from __future__ import annotations

import asyncio

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.chat.aside import Aside
from bot.chat.delivery import Delivery
from bot.chat.events import Translator
from bot.chat.pending import Keep, PendingCount
from bot.chat.poller import Poller
from bot.chat.profile import presentations
from bot.chat.telegram import Client, start_error
from bot.chat.worker import Worker
from bot.core.ports import Clock, DangerScan, Inbox, Outbox, Papers, Renderer, Turns
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
        look: DangerScan | None = None,
        papers: Papers | None = None,
        pending: Keep | None = None,
    ) -> None:
        """``look`` is what keeps a text with danger from waiting for the next; see `incoming`.

        ``pending`` is given once a minute how many updates Telegram still holds.
        """
        self._pending = pending
        self._papers = papers
        self._look = look
        self._client = client
        self._inbox, self._turns, self._outbox = inbox, turns, outbox
        self._runner, self._scan, self._renderer, self._clock = runner, scan, renderer, clock
        self._workers = workers
        self._translator = Translator(client.bot)
        self._aside = Aside(client, inbox)
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
        self.poller = Poller(
            self._client,
            self._inbox,
            self._scan,
            self._renderer,
            self._clock,
            bot_id,
            look=self._look,
            typing=self._aside.typing,
        )
        self._aside.present(presentations(self._renderer, self._clock.now()))
        delivery = Delivery(self._client, self._outbox, bot_id, papers=self._papers)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.poller.run())
                group.create_task(delivery.run())
                if self._pending is not None:
                    group.create_task(PendingCount(self._client, self._pending, bot_id).run())
                for _ in range(self._workers):
                    group.create_task(self._worker(bot_id).run())
        finally:
            await self._aside.close()
            await self._translator.stop()

    def _worker(self, bot_id: int) -> Worker:
        return Worker(
            self._turns, self._translator, self._runner, self._renderer, self._clock, bot_id, self._aside
        )
