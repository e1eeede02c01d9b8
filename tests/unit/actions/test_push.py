"""Rasa is told that something waits; the words go out only when it asks for them."""

from __future__ import annotations

import json

import httpx

from bot.actions.push import Pusher
from tests.rasa_talk import RasaTalk
from tests.unit.actions.test_calls import DANGER


class Rasa:
    """Rasa's HTTP API, as far as triggering an intent."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((str(request.url.raw_path, "ascii"), request.content))
        if not self.status:
            raise httpx.ConnectError("refused")
        return httpx.Response(self.status, json={"tracker": {}})

    def pusher(self, talk: RasaTalk) -> Pusher:
        client = httpx.AsyncClient(base_url="http://rasa.test", transport=httpx.MockTransport(self))
        return Pusher(client, talk.store.outbox, talk.clock)


async def waiting(talk: RasaTalk) -> None:
    """A case whose taking by staff is to be told to the person."""
    await talk.say(DANGER)
    assert await talk.store.service.take_next(talk.staff)
    talk.clock.advance(seconds=4)


async def test_only_the_fact_is_told_and_the_words_are_fetched(talk: RasaTalk) -> None:
    rasa = Rasa()
    pusher = rasa.pusher(talk)
    await waiting(talk)
    assert await pusher.push_once() == 1
    path, body = rasa.asked[0]
    assert path == "/conversations/sender%20Rosa/trigger_intent?output_channel=latest"
    assert json.loads(body) == {"name": "EXTERNAL_amparo"}
    said = await talk.answers(talk.person())
    assert any("Ana" in message.text for message in said)
    talk.clock.advance(minutes=1)
    assert await pusher.push_once() == 0
    assert len(rasa.asked) == 1


async def test_what_nobody_fetches_is_told_again_ever_more_seldom(talk: RasaTalk) -> None:
    rasa = Rasa()
    pusher = rasa.pusher(talk)
    await waiting(talk)
    for _ in range(60):
        await pusher.push_once()
        talk.clock.advance(seconds=1)
    assert 3 <= len(rasa.asked) <= 5


async def test_a_rasa_that_is_away_or_refuses_loses_nothing(talk: RasaTalk) -> None:
    rasa = Rasa()
    pusher = rasa.pusher(talk)
    await waiting(talk)
    for status in (0, 500, 401):
        rasa.status = status
        assert await pusher.push_once() == 0
        talk.clock.advance(minutes=1)
    rasa.status = 200
    assert await pusher.push_once() == 1
    assert await talk.answers(talk.person())


async def test_what_goes_back_with_its_call_is_not_told(talk: RasaTalk) -> None:
    rasa = Rasa()
    await talk.say(DANGER)
    talk.clock.advance(seconds=4)
    assert await rasa.pusher(talk).push_once() == 0
    assert rasa.asked == []
