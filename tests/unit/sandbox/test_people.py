"""What people do, and who may ask for it."""

from __future__ import annotations

import httpx
import pytest
from telegram.error import Forbidden

from bot.sandbox.media import KINDS
from bot.sandbox.people import ROOT
from bot.sandbox.person import Person
from tests.unit.sandbox.conftest import Place


async def test_client_language_travels_and_country_does_not(place: Place) -> None:
    person = await Person.new(place.http, "Somebody", "gn", "py")
    await person.say("mba'éichapa")
    [update] = (await place.call("getUpdates")).json()["result"]
    assert update["message"]["from"] == {
        "id": person.id,
        "is_bot": False,
        "first_name": "Somebody",
        "language_code": "gn",
    }
    assert "py" not in str(update)


async def test_client_without_a_language(place: Place) -> None:
    person = await place.started("")
    [update] = await place.bot.get_updates()
    assert update.effective_user is not None
    assert update.effective_user.language_code is None
    assert person.id == update.effective_user.id


async def test_commands_are_marked_as_telegram_marks_them(place: Place) -> None:
    person = await place.started()
    await person.say("/start from_a_poster")
    message = (await place.bot.get_updates())[-1].message
    assert message is not None
    assert [(e.type, e.offset, e.length) for e in message.entities] == [("bot_command", 0, 6)]


async def test_long_text_goes_out_in_pieces(place: Place) -> None:
    person = await place.started()
    await person.say("palabra " * 1000)
    texts = [len(update.message.text or "") for update in await place.bot.get_updates() if update.message]
    assert texts[0] == 4
    assert len(texts) == 3
    assert max(texts) <= 4096


@pytest.mark.parametrize("kind", KINDS)
async def test_attachments_are_what_the_library_knows(place: Place, kind: str) -> None:
    person = await place.started()
    seen = await person.send(kind, "" if kind in ("sticker", "location", "contact") else "mire")
    message = (await place.bot.get_updates())[-1].message
    assert message is not None
    assert getattr(message, kind)
    assert seen.media == kind
    assert message.caption == (seen.text or None)


async def test_edit_and_its_limits(place: Place) -> None:
    person = await place.started()
    await person.edit("adiós")
    edited = (await place.bot.get_updates())[-1].edited_message
    assert edited is not None
    assert edited.text == "adiós"
    assert edited.edit_date is not None
    place.clock.advance(hours=49)
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        await person.edit("tarde")


async def test_forwarded_words_are_marked(place: Place) -> None:
    person = await place.started()
    await person.say("te voy a encontrar", forwarded=True)
    message = (await place.bot.get_updates())[-1].message
    assert message is not None
    assert message.forward_origin is not None
    assert message.forward_origin.type == "hidden_user"


async def test_button_that_the_message_lost_can_still_be_pressed(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_message(person.id, "x")
    await person.press("/old", sent.message_id)
    query = (await place.bot.get_updates())[-1].callback_query
    assert query is not None
    assert query.data == "/old"
    with pytest.raises(LookupError):
        await person.press("nothing like that")


async def test_nobody_presses_their_own_message(place: Place) -> None:
    person = await place.started()
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        await person.press("/x", 1)


async def test_person_who_blocked_cannot_write(place: Place) -> None:
    person = await place.started()
    await person.block()
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        await person.say("hola")


async def test_block_before_the_first_word_tells_the_bot_nothing(place: Place) -> None:
    person = await Person.new(place.http)
    await person.block()
    assert await place.bot.get_updates() == ()


async def test_unread_counts(place: Place) -> None:
    person = await place.started()
    await place.bot.send_message(person.id, "one")
    await place.bot.send_message(person.id, "two")

    async def unread() -> int:
        people = (await place.http.get(f"{ROOT}/people")).json()["people"]
        return next(int(one["unread"]) for one in people if one["id"] == person.id)

    assert await unread() == 2
    await place.http.post(f"{ROOT}/people/{person.id}/read", json={"message": 2})
    assert await unread() == 1


async def test_answers_wait_for_the_bot(place: Place) -> None:
    person = await place.started()
    assert await person.answers(wait=0) == []
    await place.bot.send_message(person.id, "here")
    assert [message.text for message in await person.answers()] == ["here"]
    assert await person.answers(wait=0) == []


async def test_group_in_privacy_mode(place: Place) -> None:
    person = await place.started()
    group = await person.make_group("Class 3")
    await group.say("not for the bot")
    await group.say("/help")
    updates = await place.bot.get_updates()
    added = [update.my_chat_member for update in updates if update.my_chat_member]
    assert [change.new_chat_member.status for change in added] == ["member"]
    texts = [
        update.message.text for update in updates if update.message and update.message.chat.type == "group"
    ]
    assert texts == [None, "/help"]
    assert await place.bot.leave_chat(added[0].chat.id)
    with pytest.raises(Forbidden, match="not a member"):
        await place.bot.send_message(added[0].chat.id, "x")


async def test_bot_removed_from_a_group(place: Place) -> None:
    person = await place.started()
    group = await person.make_group()
    await group.remove_bot()
    change = (await place.bot.get_updates())[-1].my_chat_member
    assert change is not None
    assert change.new_chat_member.status == "kicked"
    with pytest.raises(Forbidden, match="kicked from the group"):
        await place.bot.send_message(change.chat.id, "x")


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "evil.example"}, "a name pointed at this machine"),
        ({"Host": "evil.example:80"}, "with a port"),
        ({"Origin": "https://evil.example"}, "another site"),
        ({"Origin": "null"}, "a sandboxed frame"),
        ({"Origin": "http://127.0.0.1:9"}, "another port"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site, without Origin"),
        ({"Content-Type": "text/plain"}, "a form of another site"),
    ],
)
async def test_strangers_are_refused(place: Place, headers: dict[str, str], why: str) -> None:
    body = b'{"first_name":"x"}'
    answer = await place.http.post(
        f"{ROOT}/people", content=body, headers={"Content-Type": "application/json"} | headers
    )
    assert answer.status_code == 403, why


async def test_strangers_cannot_read(place: Place) -> None:
    assert (await place.http.get("/", headers={"Host": "evil.example"})).status_code == 403
    assert (
        await place.http.get(f"{ROOT}/people", headers={"Sec-Fetch-Site": "cross-site"})
    ).status_code == 403


async def test_a_link_from_elsewhere_opens_the_page(place: Place) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await place.http.get("/", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/sandbox/static/app.js", f"{ROOT}/people"])
async def test_page_is_locked_down(place: Place, path: str) -> None:
    answer = await place.http.get(path)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("people", {"first_name": "  "}, 400),
        ("people", {"first_name": 7}, 400),
        ("people", {"first_name": "x", "language": "<b>"}, 400),
        ("people", [], 400),
        ("people/1/messages", {"text": "x"}, 404),
        ("people/{id}/messages", {"text": " \n "}, 400),
        ("people/{id}/messages", {"text": "x", "chat": -7}, 404),
        ("people/{id}/messages", {"text": "x", "reply_to": 99}, 404),
        ("people/{id}/media", {"kind": "bomb"}, 400),
        ("people/{id}/media", {"kind": "sticker", "caption": "x"}, 400),
        ("people/{id}/block", {"blocked": "yes"}, 400),
        ("people/{id}/messages/1/edit", {"text": ""}, 400),
        ("people/{id}/messages", {"text": "x" * 70_000}, 413),
    ],
)
async def test_bad_input(place: Place, path: str, body: object, status: int) -> None:
    person = await place.started()
    answer = await place.http.post(f"{ROOT}/{path.format(id=person.id)}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert len(await person.messages()) == 1


async def test_half_surrogates_of_a_person_are_refused(place: Place) -> None:
    person = await place.started()
    answer = await place.http.post(
        f"{ROOT}/people/{person.id}/messages",
        content=b'{"text":"\\udc00"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
