"""Troubles made on purpose, and the record of calls."""

from __future__ import annotations

import httpx
import pytest
from telegram.error import BadRequest, NetworkError, TimedOut

from bot.sandbox.people import ROOT
from tests.unit.sandbox.conftest import Place


async def test_flood_control_holds_one_chat(place: Place) -> None:
    person, other = await place.started(), await place.started()
    place.sandbox.faults.too_many_requests(person.id, retry_after=7)
    answer = await place.call("sendMessage", {"chat_id": person.id, "text": "x"})
    assert answer.status_code == 429
    assert answer.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    await place.bot.send_message(other.id, "x")
    await place.bot.send_message(person.id, "x")


async def test_server_errors_for_the_next_calls(place: Place) -> None:
    person = await place.started()
    place.sandbox.faults.server_errors(times=2)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await place.bot.send_message(person.id, "x")
    assert len(await person.messages()) == 1
    await place.bot.send_message(person.id, "x")


async def test_polling_is_spared_unless_named(place: Place) -> None:
    place.sandbox.faults.server_errors(times=1)
    await place.bot.get_updates()
    place.sandbox.faults.server_errors(times=1, method="getUpdates")
    with pytest.raises(NetworkError):
        await place.bot.get_updates()


async def test_silence_after_acceptance(place: Place) -> None:
    person = await place.started()
    place.sandbox.faults.silence()
    with pytest.raises(TimedOut):
        await place.bot.send_message(person.id, "arrived", read_timeout=0.01)
    assert [message.text for message in await person.answers()] == ["arrived"]


async def test_refused_connection(place: Place) -> None:
    person = await place.started()
    place.sandbox.faults.refuse(times=1)
    with pytest.raises(NetworkError) as caught:
        await place.bot.send_message(person.id, "x")
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert await person.answers(wait=0) == []


async def test_any_other_refusal(place: Place) -> None:
    person = await place.started()
    place.sandbox.faults.reject(person.id, 400, "Bad Request: something new")
    with pytest.raises(BadRequest, match="Something new"):
        await place.bot.send_message(person.id, "x")


async def test_faults_over_http(place: Place) -> None:
    person = await place.started()
    fault = {"kind": "too_many_requests", "chat_id": person.id, "times": None, "retry_after": 3}
    assert (await place.http.post(f"{ROOT}/faults", json=fault)).status_code == 200
    for _ in range(2):
        answer = await place.call("sendMessage", {"chat_id": person.id, "text": "x"})
        assert answer.json()["parameters"] == {"retry_after": 3}
    headers = {"Content-Type": "application/json"}
    assert (await place.http.delete(f"{ROOT}/faults", headers=headers)).json() == {"faults": []}
    await place.bot.send_message(person.id, "x")


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "flood"},
        {"kind": "delay", "seconds": "1"},
        {"kind": "delay", "seconds": 1e9},
        {"kind": "server_error", "code": 200},
        {"kind": "silence", "when": "now"},
        {"kind": "silence", "times": True},
    ],
)
async def test_malformed_faults(place: Place, fault: dict[str, object]) -> None:
    assert (await place.http.post(f"{ROOT}/faults", json=fault)).status_code == 400


async def test_calls_are_recorded(place: Place) -> None:
    person = await place.started()
    await place.bot.send_message(person.id, "x")
    call = place.sandbox.calls[-1]
    assert (call.method, call.parameters["text"], call.at) == ("sendMessage", "x", place.clock.now())
