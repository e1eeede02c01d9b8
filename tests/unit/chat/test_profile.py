"""What the bot says of itself: in every language, within Telegram's limits, and fit to be seen by anybody."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat.profile import presentations
from bot.chat.telegram import Client
from bot.content.phrasebook import Phrasebook
from bot.core.dialogue.commands import COMMANDS
from bot.core.taxonomy import LANGUAGES
from tests.clock import FixedClock
from tests.fakes import TOKEN, FakeTelegram

GIVEN_AWAY = (
    "abus",
    "violen",
    "uonevu",
    "ukatili",
    "gutotez",
    "ihohoter",
    "bully",
    "acoso",
    "harc",
    "danger",
    "peligro",
)
"""What a name on a locked screen must not say."""


@pytest.fixture(scope="module")
def book(library: Any) -> Phrasebook:
    return Phrasebook(library.responses)


def test_every_language_has_commands_and_descriptions_within_telegrams_limits(book: Phrasebook) -> None:
    found = presentations(book, FixedClock().now())
    assert [item.language for item in found] == ["", *book.offered_languages()]
    assert {item.language for item in found} >= set(LANGUAGES)
    for item in found:
        assert len(item.about) <= 512
        assert len(item.short) <= 120
        assert [name for name, _ in item.commands] == list(COMMANDS)
        assert all(1 <= len(text) <= 256 for _, text in item.commands)


def test_names_and_descriptions_do_not_give_the_subject_away(book: Phrasebook) -> None:
    for item in presentations(book, FixedClock().now()):
        shown = " ".join([item.short, *(text for _, text in item.commands)]).lower()
        assert not [word for word in GIVEN_AWAY if word in shown]


async def test_all_of_it_is_set_at_telegram_by_language(book: Phrasebook) -> None:
    telegram = FakeTelegram()
    profile = presentations(book, FixedClock().now())
    for method in ("setMyCommands", "setMyDescription", "setMyShortDescription"):
        telegram.queue(method, *[True] * len(profile))
    await Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram).present(profile)
    codes = [asked.get("language_code") for asked in telegram.asked("setMyCommands")]
    assert codes == [None, *book.offered_languages()]


async def test_leaving_deletes_a_hundred_messages_a_call() -> None:
    telegram = FakeTelegram()
    telegram.queue("deleteMessages", True, True)
    client = Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram)
    await client.wipe(5, range(1, 151))
    asked = telegram.asked("deleteMessages")
    assert [len(eval_list(item["message_ids"])) for item in asked] == [100, 50]
    await client.wipe(5, ())


def eval_list(text: Any) -> list[int]:
    return [int(part) for part in str(text).strip("[]").split(",")]
