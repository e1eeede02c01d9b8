"""Typing is shown while an answer is on its way, never where a member of staff would seem to type."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from telegram.error import NetworkError

from bot.chat.aside import Aside
from bot.chat.telegram import Client
from bot.core.ports import ChatId, IncomingUpdate
from bot.errors import StoreUnavailable
from tests.fakes import TOKEN, FakeTelegram


class Inbox:
    """Knows which chats staff have; ``None`` is a database that is away."""

    def __init__(self, attended: bool | None) -> None:
        self._attended = attended

    async def store(self, bot_id: int, updates: Sequence[IncomingUpdate]) -> int:
        return 0

    async def attended(self, bot_id: int, chat_id: ChatId) -> bool:
        if self._attended is None:
            raise StoreUnavailable
        return self._attended


async def asked(telegram: FakeTelegram, attended: bool | None) -> list[dict[str, Any]]:
    client = Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram)
    await client.bot.initialize()
    aside = Aside(client, Inbox(attended))
    aside.typing(5)
    for _ in range(20):
        await asyncio.sleep(0)
    await aside.close()
    return telegram.asked("sendChatAction")


@pytest.mark.parametrize(("attended", "shown"), [(False, 1), (True, 0), (None, 0)])
async def test_typing_is_shown_unless_staff_have_the_chat(attended: bool | None, shown: int) -> None:
    telegram = FakeTelegram()
    telegram.queue("sendChatAction", True)
    found = await asked(telegram, attended)
    assert [item["action"] for item in found] == ["typing"] * shown


async def test_a_failure_harms_nothing() -> None:
    telegram = FakeTelegram()
    telegram.queue("sendChatAction", NetworkError("away"))
    assert len(await asked(telegram, False)) == 1
