"""Small calls to Telegram beside the turn: a press acknowledged, an answer on its way, the profile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from telegram.error import TelegramError

from bot.chat.profile import Presentation
from bot.chat.telegram import Client
from bot.core.ports import ChatId, Inbox
from bot.errors import StoreError

log = structlog.get_logger()


class Aside:
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
