"""The bot as a whole: start, run its loops side by side, stop cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.chat.delivery import Delivery
from bot.chat.events import Translator
from bot.chat.poller import Poller
from bot.chat.profile import Presentation, presentations
from bot.chat.telegram import Client, start_error
from bot.chat.worker import Worker
from bot.core.ports import ChatId, Clock, DangerScan, Inbox, Outbox, Papers, Renderer, Turns
from bot.core.turn import TurnRunner
from bot.errors import ChatError, StoreError

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
    ) -> None:
        """``look`` is what keeps a text with danger from waiting for the next; see `incoming`."""
        self._papers = papers
        self._look = look
        self._client = client
        self._inbox, self._turns, self._outbox = inbox, turns, outbox
        self._runner, self._scan, self._renderer, self._clock = runner, scan, renderer, clock
        self._workers = workers
        self._translator = Translator(client.bot)
        self._aside = _Aside(client, inbox)
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
                for _ in range(self._workers):
                    group.create_task(self._worker(bot_id).run())
        finally:
            await self._aside.close()
            await self._translator.stop()

    def _worker(self, bot_id: int) -> Worker:
        return Worker(
            self._turns, self._translator, self._runner, self._renderer, self._clock, bot_id, self._aside
        )


class _Aside:
    """Small calls beside the turn, only for comfort: a failure is not an error."""

    def __init__(self, client: Client, inbox: Inbox) -> None:
        self._client = client
        self._inbox = inbox
        self._tasks: set[asyncio.Task[None]] = set()

    def acknowledge(self, raw: dict[str, Any]) -> None:
        """Tell Telegram that a press arrived."""
        query = raw.get("callback_query")
        identity = query.get("id") if isinstance(query, dict) else None
        if isinstance(identity, str):
            self._start(self._answer(identity))

    def typing(self, chat_id: ChatId) -> None:
        """Show in a chat that an answer is on its way."""
        self._start(self._type(chat_id))

    def present(self, profile: Sequence[Presentation]) -> None:
        """Set commands and descriptions."""
        self._start(self._present(profile))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, identity: str) -> None:
        try:
            await self._client.bot.answer_callback_query(identity)
        except TelegramError as error:
            log.debug("press_not_acknowledged", error=type(error).__name__)

    async def _type(self, chat_id: ChatId) -> None:
        """Not while a member of staff has the chat: nobody would be typing."""
        try:
            if not await self._inbox.attended(self._client.bot.id, chat_id):
                await self._client.typing(chat_id)
        except (TelegramError, StoreError) as error:
            log.debug("typing_not_shown", error=type(error).__name__)

    async def _present(self, profile: Sequence[Presentation]) -> None:
        try:
            await self._client.present(profile)
        except TelegramError as error:
            log.warning("profile_not_set", error=type(error).__name__)
