"""Whatever is sent to the action server: a clear error without words of people, and nothing opened."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.call import BadCall, read_call
from bot.actions.names import ANSWER, DELIVER, RASA
from bot.actions.server import MOST_BYTES
from bot.matching.remote import READINGS
from tests.rasa_talk import RasaTalk, Tracker

MARK = "zanahoriamarcada"
DANGER = "mi padrastro me pega con un cinturon"


def good(text: str = f"{DANGER} {MARK}", **tracker: Any) -> dict[str, Any]:
    """A call that would open a case."""
    made = Tracker("sender", "es")
    made.said(text, {}, {})
    call = made.call(ANSWER)
    call["tracker"].update(tracker)
    return call


async def refused(talk: RasaTalk, response: httpx.Response, status: int, *words: str) -> None:
    """The answer is a clear error, and nothing was stored."""
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"error", "action_name"}, "Rasa reads both"
    for word in words:
        assert word in body["error"]
    assert MARK not in response.text
    assert await talk.queue() == []
    assert (await talk.store.stats.numbers()).inbox_waiting == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"events": []}, ["tracker.events"]),
        ({"events": None}, ["tracker.events"]),
        ({"events": [MARK]}, ["tracker.events.0"]),
        ({"events": [{"text": MARK}]}, ["tracker.events.0.event"]),
        ({"events": [{"event": "bot", "text": MARK}]}, ["no message"]),
        ({"events": [{"event": "user", "text": [MARK]}]}, ["not a text"]),
        ({"events": [{"event": "user", "text": MARK, "metadata": {"is_external": True}}]}, ["not written"]),
        ({"events": [{"event": "action"}] * 5001}, ["tracker.events"]),
        ({"slots": {MARK: "x"}}, ["slot", "domain"]),
        ({"slots": {"amparo_country": {"x": MARK}}}, ["slot", "text"]),
        ({"slots": [MARK]}, ["tracker.slots"]),
        ({"sender_id": f"somebody else {MARK}"}, ["two people"]),
        ({"sender_id": 5}, ["tracker.sender_id"]),
        ({"sender_id": ""}, ["tracker.sender_id"]),
    ],
)
async def test_a_tracker_that_cannot_be(talk: RasaTalk, change: dict[str, Any], words: list[str]) -> None:
    with structlog.testing.capture_logs() as lines:
        response = await talk.http.post("/webhook", json=good(**change))
    await refused(talk, response, 400, *words)
    assert [line["event"] for line in lines] == ["bad_call"]
    assert MARK not in repr(lines)


@pytest.mark.parametrize(
    "sender",
    ["\u202egnp.exe", "a\nb", "   ", "x" * 256, "\ud800"],
    ids=["turned", "line", "blank", "long", "half"],
)
async def test_a_foreign_sender(talk: RasaTalk, sender: str) -> None:
    call = good(sender_id=sender)
    call["sender_id"] = sender
    body = json.dumps(call)
    response = await talk.http.post("/webhook", content=body, headers={"Content-Type": "application/json"})
    await refused(talk, response, 400, "sender_id")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"{}", 400),
        (b'{"next_action": 5}', 400),
        (b'{"next_action": "action_amparo", "version": {}}', 400),
        (b'{"next_action": "action_amparo", "sender_id": "a"}', 400),
        (json.dumps({**good(), "next_action": MARK * 9}).encode(), 400),
        (json.dumps(good(text=MARK * 200_000)).encode(), 413),
        (b" " * 1_000_000, 413),
    ],
)
async def test_a_body_that_cannot_be(talk: RasaTalk, body: bytes, status: int) -> None:
    response = await talk.http.post("/webhook", content=body, headers={"Content-Type": "application/json"})
    await refused(talk, response, status)


async def test_an_unknown_action_is_said(talk: RasaTalk) -> None:
    response = await talk.http.post("/webhook", json={**good(), "next_action": "action_other"})
    await refused(talk, response, 404, "action_other")


async def test_a_compressed_body_is_read_and_a_bomb_is_not(talk: RasaTalk) -> None:
    deflated = {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    bomb = zlib.compress(b" " * (50 * MOST_BYTES))
    for path in ("/webhook", "/webhook/"):
        await refused(talk, await talk.http.post(path, content=bomb, headers=deflated), 413)
    await refused(talk, await talk.http.post("/webhook", content=b"no zlib", headers=deflated), 400)
    packed = {**deflated, "Content-Encoding": "gzip"}
    await refused(talk, await talk.http.post("/webhook", content=b"x", headers=packed), 415)
    body = zlib.compress(json.dumps(good()).encode())
    response = await talk.http.post("/webhook", content=body, headers=deflated)
    assert response.status_code == 200
    assert len(await talk.queue()) == 1


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "é"}])
async def test_a_stranger_is_refused_everywhere_but_at_health(talk: RasaTalk, header: dict[str, str]) -> None:
    raw = {name: value.encode() for name, value in header.items()}
    async with httpx.AsyncClient(base_url=talk.http.base_url, headers=raw) as stranger:  # type: ignore[arg-type]
        await refused(talk, await stranger.post("/webhook", json=good()), 401, "Authorization")
        for path in ("/actions", "/metrics", "/nothing"):
            assert (await stranger.get(path)).status_code == 401
        assert (await stranger.get("/health")).json() == {"status": "ok"}


async def test_addresses_that_are_not_there(talk: RasaTalk) -> None:
    await refused(talk, await talk.http.get("/nothing"), 404)
    await refused(talk, await talk.http.get("/webhook"), 405)


async def test_health_says_when_the_database_is_away(talk: RasaTalk) -> None:
    await talk.store.database.close()
    response = await talk.http.get("/health")
    assert (response.status_code, response.json()) == (503, {"status": "database away"})


async def test_a_slot_of_the_teams_own_domain_is_welcome(talk: RasaTalk) -> None:
    call = good(slots={"school": {"name": "x"}, "requested_slot": None})
    call["domain"] = {"slots": {"school": {"type": "any"}}}
    assert (await talk.http.post("/webhook", json=call)).status_code == 200


async def test_actions_and_metrics_are_listed_for_who_may_ask(talk: RasaTalk) -> None:
    names = {item["name"] for item in (await talk.http.get("/actions")).json()}
    assert {ANSWER, DELIVER, "action_amparo_contacts", "action_amparo_delete"} <= names
    READINGS.labels("answered")
    assert "amparo_remote_readings_total" in (await talk.http.get("/metrics")).text


async def test_the_sender_is_stored_as_a_hash_and_encrypted(talk: RasaTalk, tmp_path: Path) -> None:
    await talk.say(f"hola {MARK}", "Rosa")
    stored = b"".join((tmp_path / name).read_bytes() for name in ("amparo.db", "amparo.db-wal"))
    assert talk.store.keyring.chat_key(RASA, "sender Rosa") in stored
    assert b"sender Rosa" not in stored
    assert MARK.encode() not in stored


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("user"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ("next_action", "sender_id", "tracker", "events", "slots", "event", "domain")
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_reading_a_call_is_total(body: object) -> None:
    try:
        call = read_call(body)
    except BadCall:
        return
    assert call.sender
    assert call.events
