"""Polling: stored before it is confirmed, and Telegram's own list of kinds checked at every start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import structlog

from bot.chat.pending import PendingCount
from bot.chat.poller import Poller
from bot.chat.raw import ALLOWED_UPDATES
from bot.chat.telegram import Client
from bot.content.phrasebook import Phrasebook
from bot.core.ports import ChatId, IncomingUpdate
from bot.core.reading import FlagHit
from bot.errors import StoreUnavailable
from tests.clock import FixedClock
from tests.fakes import TOKEN, FakeTelegram

INFO = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}


class Scan:
    def scan(self, text: str) -> tuple[FlagHit, ...]:
        return ()


class Inbox:
    """Keeps update ids; away as long as ``away`` is set."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.away = False

    async def store(self, bot_id: int, updates: Sequence[IncomingUpdate]) -> int:
        if self.away:
            raise StoreUnavailable
        self.stored += [update.update_id for update in updates]
        return len(updates)

    async def attended(self, bot_id: int, chat_id: ChatId) -> bool:
        return False


@pytest.fixture
def telegram() -> FakeTelegram:
    return FakeTelegram()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def poller(telegram: FakeTelegram, inbox: Inbox, library: Any) -> Poller:
    client = Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram)
    book = Phrasebook(library.responses)
    return Poller(client, inbox, Scan(), book, FixedClock(), 1000001, seconds=0)


def offsets(telegram: FakeTelegram) -> list[str]:
    return [asked["offset"] for asked in telegram.asked("getUpdates")]


async def test_an_update_is_confirmed_only_after_it_was_stored(
    poller: Poller, telegram: FakeTelegram, inbox: Inbox
) -> None:
    telegram.queue("getWebhookInfo", INFO)
    telegram.queue("getUpdates", [{"update_id": 7}], [{"update_id": 7}], [])
    inbox.away = True
    with pytest.raises(StoreUnavailable):
        await poller.poll_once()
    inbox.away = False
    assert await poller.poll_once() == 1
    assert await poller.poll_once() == 0
    assert offsets(telegram) == ["0", "0", "8"]
    assert inbox.stored == [7]


async def test_every_call_says_which_kinds_are_wanted(poller: Poller, telegram: FakeTelegram) -> None:
    telegram.queue("getWebhookInfo", INFO)
    telegram.queue("getUpdates", [])
    await poller.poll_once()
    assert telegram.asked("getUpdates")[0]["allowed_updates"] == str(list(ALLOWED_UPDATES)).replace(
        "'", '"'
    ).replace(", ", ",")


@pytest.mark.parametrize(("kept", "complains"), [(list(ALLOWED_UPDATES), False), (["message"], True)])
async def test_an_older_list_of_kinds_is_noticed(
    poller: Poller, telegram: FakeTelegram, kept: list[str], complains: bool
) -> None:
    telegram.queue("getWebhookInfo", {**INFO, "allowed_updates": kept})
    telegram.queue("getUpdates", [], [])
    with structlog.testing.capture_logs() as logs:
        await poller.poll_once()
        await poller.poll_once()
    assert any(entry["event"] == "allowed_updates_differ" for entry in logs) is complains
    assert len(telegram.asked("getWebhookInfo")) == 1


async def test_telegrams_own_count_is_kept_and_trouble_keeps_nothing(telegram: FakeTelegram) -> None:
    kept: list[tuple[int, int]] = []

    async def keep(bot_id: int, count: int) -> None:
        kept.append((bot_id, count))

    async def away(bot_id: int, count: int) -> None:
        raise StoreUnavailable

    client = Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram)
    for _ in range(2):
        telegram.queue("getWebhookInfo", {**INFO, "pending_update_count": 7})
    await PendingCount(client, keep, 1000001).once()
    await PendingCount(client, away, 1000001).once()
    assert kept == [(1000001, 7)]
