"""The delivery loop: what happens to one message never breaks off another, and the loop outlives the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from bot.chat.delivery import Delivery
from bot.chat.telegram import Client
from bot.core.effects import Kind, Message
from bot.core.ports import ChatId, OutgoingMessage
from bot.errors import StoreUnavailable
from tests.fakes import TOKEN, FakeTelegram

DATE = 1_700_000_000


class Outbox:
    """Two messages at a time; ``sent`` fails as long as ``away`` is set."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[tuple[str, int]] = []
        self.waits: Callable[[], object] = lambda: None
        self.batches = [[self._message(1), self._message(2)]]

    @staticmethod
    def _message(number: int) -> OutgoingMessage:
        return OutgoingMessage(number, 100 + number, Kind.SAFETY, Message("x"), 1)

    async def recover(self, bot_id: int) -> None:
        self.told.append(("recovered", 0))

    async def claim(self, bot_id: int, limit: int) -> Sequence[OutgoingMessage]:
        return self.batches.pop(0) if self.batches else []

    async def claim_chat(self, bot_id: int, chat_id: ChatId) -> Sequence[OutgoingMessage]:
        return []

    async def waiting(self, bot_id: int, seconds: float, limit: int) -> Sequence[ChatId]:
        return []

    async def sent(self, message_id: int, telegram_id: int) -> None:
        if self.away:
            self.away = False
            raise StoreUnavailable
        self.told.append(("sent", message_id))

    async def retry(self, message_id: int, after: float) -> None:
        self.told.append(("retry", message_id))

    async def uncertain(self, message_id: int) -> None:
        self.told.append(("uncertain", message_id))

    async def unreachable(self, message_id: int) -> None:
        self.told.append(("unreachable", message_id))

    async def rejected(self, message_id: int, code: str) -> None:
        self.told.append(("rejected", message_id))

    async def wait(self, seconds: float) -> None:
        self.waits()
        await asyncio.sleep(0)


def over(outbox: Outbox, telegram: FakeTelegram) -> Delivery:
    client = Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram)
    return Delivery(client, outbox, 1, per_second=10_000, away_seconds=0)


def taken(number: int) -> dict[str, object]:
    return {"message_id": number, "date": DATE, "chat": {"id": number, "type": "private"}}


async def test_a_database_that_goes_away_meanwhile_ends_nothing() -> None:
    """The other message is finished, and what was claimed is settled before anything more is sent."""
    outbox, telegram = Outbox(), FakeTelegram()
    telegram.queue("sendMessage", taken(7), taken(8))
    outbox.away = True
    loop = asyncio.ensure_future(over(outbox, telegram).run())
    outbox.waits = loop.cancel
    with pytest.raises(asyncio.CancelledError):
        await loop
    assert outbox.told == [("recovered", 0), ("sent", 2), ("recovered", 0)]


async def test_a_message_that_breaks_stops_no_other() -> None:
    outbox, telegram = Outbox(), FakeTelegram()
    telegram.queue("sendMessage", {"message_id": "no number"}, taken(8))
    assert await over(outbox, telegram).deliver_once() == 2
    assert sorted(outbox.told) == [("sent", 2), ("uncertain", 1)]
