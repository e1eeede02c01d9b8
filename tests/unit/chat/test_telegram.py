"""What becomes of Telegram's refusals: tried again, uncertain, unreachable, or refused for good."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from telegram.error import NetworkError, TimedOut

from bot.chat.telegram import Client
from bot.core.effects import Message, RenderedButton
from bot.core.ports import Paper
from bot.errors import (
    ChatError,
    DeliveryError,
    DeliveryRejected,
    DeliveryRetry,
    DeliveryUncertain,
    DeliveryUnreachable,
)
from tests.fakes import TOKEN, FakeTelegram, refusal

SENT = {"message_id": 7, "date": 1, "chat": {"id": 5, "type": "private"}}


@pytest.fixture
def telegram() -> FakeTelegram:
    return FakeTelegram()


@pytest.fixture
def client(telegram: FakeTelegram) -> Client:
    return Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram)


def caused(error: NetworkError, cause: Exception) -> NetworkError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(429, "Too Many Requests", retry_after=5), DeliveryRetry),
        (refusal(403, "Forbidden: bot was blocked by the user"), DeliveryUnreachable),
        (refusal(403, "Forbidden: user is deactivated"), DeliveryUnreachable),
        (refusal(400, "Bad Request: chat not found"), DeliveryUnreachable),
        (refusal(400, "Bad Request: message is too long"), DeliveryRejected),
        (refusal(400, "Bad Request: can't parse entities"), DeliveryRejected),
        (refusal(502, "Bad Gateway"), DeliveryRetry),  # an answer that says no
        (refusal(500, "Internal Server Error"), DeliveryRetry),
        (refusal(401, "Unauthorized"), DeliveryRetry),  # the token may be put right: nothing is lost
        (caused(NetworkError("x"), httpx.ConnectError("x")), DeliveryRetry),  # never opened
        (caused(TimedOut("x"), httpx.ConnectTimeout("x")), DeliveryRetry),
        (caused(TimedOut("x"), httpx.PoolTimeout("x")), DeliveryRetry),
        (caused(TimedOut("x"), httpx.ReadTimeout("x")), DeliveryUncertain),  # perhaps delivered
        (caused(NetworkError("x"), httpx.RemoteProtocolError("x")), DeliveryUncertain),
        (caused(NetworkError("x"), httpx.ReadError("x")), DeliveryUncertain),
    ],
)
async def test_refusals(
    client: Client, telegram: FakeTelegram, answer: Any, expected: type[DeliveryError]
) -> None:
    telegram.queue("sendMessage", answer)
    with pytest.raises(expected) as caught:
        await client.send(5, Message("hola"))
    assert type(caught.value) is expected


async def test_flood_control_says_how_long(client: Client, telegram: FakeTelegram) -> None:
    telegram.queue("sendMessage", refusal(429, "Too Many Requests: retry after 5", retry_after=5))
    with pytest.raises(DeliveryRetry) as caught:
        await client.send(5, Message("hola"))
    assert caught.value.retry_after == 5.0


async def test_a_message_goes_out_as_html_with_its_buttons(client: Client, telegram: FakeTelegram) -> None:
    telegram.queue("sendMessage", SENT)
    message = Message("<b>hola</b>", ((RenderedButton("Sí", "/affirm"),),))
    assert await client.send(5, message) == 7
    (sent,) = telegram.asked("sendMessage")
    assert (sent["chat_id"], sent["text"], sent["parse_mode"]) == (5, "<b>hola</b>", "HTML")
    assert '"callback_data": "/affirm"' in str(sent["reply_markup"]).replace("'", '"')
    assert "is_disabled" in str(sent["link_preview_options"])


async def test_a_file_goes_out_with_the_message_as_its_caption(
    client: Client, telegram: FakeTelegram
) -> None:
    telegram.queue("sendDocument", SENT)
    message = Message("<b>here</b>", ((RenderedButton("Menu", "/menu"),),))
    assert await client.send_document(5, message, Paper("a.pdf", b"%PDF-1.7")) == 7
    (sent,) = telegram.asked("sendDocument")
    assert (sent["chat_id"], sent["caption"], sent["parse_mode"]) == (5, "<b>here</b>", "HTML")
    assert "/menu" in str(sent["reply_markup"])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            caused(TimedOut("x"), httpx.ReadTimeout("x")),
            DeliveryUncertain,
        ),  # perhaps delivered: never repeated
        (refusal(403, "Forbidden: bot was blocked by the user"), DeliveryUnreachable),
    ],
)
async def test_refusals_of_a_file_are_those_of_a_message(
    client: Client, telegram: FakeTelegram, answer: Any, expected: type[DeliveryError]
) -> None:
    telegram.queue("sendDocument", answer)
    with pytest.raises(expected):
        await client.send_document(5, Message("here"), Paper("a.pdf", b"%PDF-1.7"))


@pytest.mark.parametrize("answer", [refusal(401, "Unauthorized"), refusal(409, "Conflict: terminated")])
async def test_polling_says_what_to_do(client: Client, telegram: FakeTelegram, answer: Any) -> None:
    telegram.queue("getUpdates", answer)
    with pytest.raises(ChatError) as caught:
        await client.updates(0, ("message",))
    assert TOKEN not in str(caught.value)


async def test_updates_stay_raw(client: Client, telegram: FakeTelegram) -> None:
    strange = {"update_id": 1, "message": {"date": "yesterday"}}
    telegram.queue("getUpdates", [strange])
    assert await client.updates(9, ("message", "callback_query")) == [strange]
    (asked,) = telegram.asked("getUpdates")
    assert asked["offset"] == "9"
    assert asked["allowed_updates"] == '["message","callback_query"]'


def test_a_malformed_token_is_named() -> None:
    with pytest.raises(ChatError, match="AMPARO_TELEGRAM_TOKEN"):
        Client("")


async def test_a_webhook_is_left_without_dropping_what_waits(client: Client, telegram: FakeTelegram) -> None:
    info = {"url": "https://a.org/x", "has_custom_certificate": False, "pending_update_count": 3}
    telegram.queue("getWebhookInfo", info)
    telegram.queue("deleteWebhook", True)
    await client.prepare()
    assert str(telegram.asked("deleteWebhook")[0].get("drop_pending_updates", False)).lower() == "false"
