"""Webhooks: the secret, retries, and that they exclude polling."""

from __future__ import annotations

import asyncio
import json

import pytest
from telegram.error import Conflict

from tests.unit.sandbox.conftest import Place, eventually

HOOK = "https://bot.example/hook"


async def hooked(place: Place, count: int) -> list[str]:
    """The texts that the webhook got, once there are so many."""
    await eventually(lambda: len(place.hooked) >= count and not place.sandbox.world.updates.pending)
    return [json.loads(request.content)["message"]["text"] for request in place.hooked]


async def test_updates_are_posted_in_order_with_the_secret(place: Place) -> None:
    person = await place.started()
    assert await place.bot.set_webhook(HOOK, secret_token="a_secret-1")
    await person.say("dos")
    assert await hooked(place, 2) == ["hola", "dos"]
    assert {r.headers["x-telegram-bot-api-secret-token"] for r in place.hooked} == {"a_secret-1"}
    assert [message.seen for message in await person.messages()] == [True, True]


async def test_polling_is_refused_while_it_is_set(place: Place) -> None:
    waiting = asyncio.create_task(place.bot.get_updates(timeout=50))
    await place.polled()
    await place.bot.set_webhook(HOOK)
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await waiting
    with pytest.raises(Conflict, match="while webhook is active"):
        await place.bot.get_updates()
    await place.bot.delete_webhook()
    assert await place.bot.get_updates() == ()


async def test_failed_post_is_reported_and_the_update_kept(place: Place) -> None:
    place.hook_answers.extend([500] * 50)
    await place.started()
    await place.bot.set_webhook(HOOK)
    await eventually(lambda: "error" in place.sandbox.world.webhook)
    info = await place.bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == (HOOK, 1)
    assert info.last_error_message == "Wrong response from the webhook: 500"
    await place.bot.delete_webhook()
    assert len(await place.bot.get_updates()) == 1


async def test_pending_updates_are_dropped_only_when_asked(place: Place) -> None:
    await place.started()
    await place.bot.delete_webhook()
    assert len(await place.bot.get_updates()) == 1
    await place.bot.delete_webhook(drop_pending_updates=True)
    assert await place.bot.get_updates() == ()


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"url": "ftp://x"}, "invalid webhook URL specified"),
        ({"url": "http://bot.example/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": HOOK, "secret_token": "x" * 257}, "secret token is too long"),
        ({"url": HOOK, "secret_token": "a b"}, "secret token contains unallowed characters"),
    ],
)
async def test_webhooks_that_are_refused(place: Place, body: dict[str, str], description: str) -> None:
    assert await place.refusal("setWebhook", body) == f"Bad Request: {description}"
    assert (await place.bot.get_webhook_info()).url == ""
