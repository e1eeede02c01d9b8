"""getUpdates: confirmation, limits, kinds, conflicts, age."""

from __future__ import annotations

import asyncio
import json

import pytest
from telegram.error import Conflict

from bot.sandbox.person import Person
from tests.unit.sandbox.conftest import TOKEN, Place


async def ids(place: Place, **parameters: object) -> list[int]:
    answer = (await place.call("getUpdates", parameters)).json()
    return [update["update_id"] for update in answer["result"]]


async def said(place: Place, count: int = 5) -> list[int]:
    person = await Person.new(place.http)
    for number in range(count):
        await person.say(f"message {number}")
    return await ids(place)


async def test_ids_rise_and_stay_until_confirmed(place: Place) -> None:
    first = await said(place)
    assert first == list(range(first[0], first[0] + 5))
    assert await ids(place) == first
    assert await ids(place, offset=first[2]) == first[2:]
    assert await ids(place, offset=0) == first[2:]


async def test_negative_offset_counts_from_the_end_and_forgets_the_rest(place: Place) -> None:
    first = await said(place)
    assert await ids(place, offset=-2) == first[3:]
    assert await ids(place) == first[3:]


async def test_offset_far_beyond_the_last_confirms_nothing(place: Place) -> None:
    first = await said(place)
    assert await ids(place, offset=first[-1] + 100) == first
    assert await ids(place, offset=first[-1] + 1) == []


@pytest.mark.parametrize(("limit", "got"), [(2, 2), (0, 1), (-5, 1), (1000, 5), ("x", 5)])
async def test_limit_is_drawn_into_its_bounds(place: Place, limit: object, got: int) -> None:
    await said(place)
    assert len(await ids(place, limit=limit)) == got


async def test_query_string_alone_is_enough(place: Place) -> None:
    first = await said(place, 3)
    query = {
        "offset": str(first[1]),
        "timeout": "0",
        "limit": "1",
        "allowed_updates": json.dumps(["message"]),
    }
    answer = await place.http.post(f"/bot{TOKEN}/getUpdates", params=query)
    assert [update["update_id"] for update in answer.json()["result"]] == [first[1]]
    assert place.sandbox.world.updates.allowed == {"message"}


async def test_allowed_updates_stick_until_changed(place: Place) -> None:
    await ids(place, allowed_updates=["edited_message"])
    person = await place.started()
    await person.edit("hola otra vez")
    [update] = (await place.call("getUpdates")).json()["result"]
    assert update["edited_message"]["text"] == "hola otra vez"
    info = await place.bot.get_webhook_info()
    assert info.allowed_updates == ("edited_message",)
    await ids(place, allowed_updates=[])
    assert (await place.bot.get_webhook_info()).allowed_updates == ()


async def test_unreadable_allowed_updates_change_nothing(place: Place) -> None:
    await ids(place, allowed_updates=["message"])
    await ids(place, allowed_updates="not json")
    assert place.sandbox.world.updates.allowed == {"message"}


async def test_waiting_poller_hears_at_once(place: Place) -> None:
    waiting = asyncio.create_task(place.call("getUpdates", {"timeout": 50}))
    await place.polled()
    await place.started()
    [update] = (await waiting).json()["result"]
    assert update["message"]["text"] == "hola"


async def test_second_poller_sends_the_first_away(place: Place) -> None:
    first = asyncio.create_task(place.bot.get_updates(timeout=50))
    await place.polled()
    second = asyncio.create_task(place.call("getUpdates", {"timeout": 50}))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    await place.started()
    assert len((await second).json()["result"]) == 1


async def test_updates_are_kept_for_a_day(place: Place) -> None:
    first = await said(place, 1)
    place.clock.advance(hours=23)
    person = await place.started()
    await person.say("later")
    place.clock.advance(hours=2)
    left = await ids(place)
    assert len(left) == 2
    assert first[0] not in left


async def test_after_a_week_of_silence_ids_start_anew(place: Place) -> None:
    [first] = await said(place, 1)
    place.clock.advance(days=8)
    await place.started()
    [later] = await ids(place)
    assert later != first + 1


async def test_confirmed_message_gets_its_second_tick(place: Place) -> None:
    person = await place.started()
    assert [message.seen for message in await person.messages()] == [False]
    [update] = await ids(place)
    await ids(place, offset=update + 1)
    assert [message.seen for message in await person.messages()] == [True]
