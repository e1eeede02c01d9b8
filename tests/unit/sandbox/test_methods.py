"""The Bot API's methods: what is accepted, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import BotCommand, BotCommandScopeAllPrivateChats, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden

from bot.sandbox.person import Person
from tests.unit.sandbox.conftest import TOKEN, Place


def rows(*buttons: tuple[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in buttons])


async def test_who_the_bot_is(place: Place) -> None:
    me = await place.bot.get_me()
    assert (me.id, me.is_bot, me.username) == (1000001, True, "amparo_demo_bot")


@pytest.mark.parametrize("token", ["1000001:wrong", "x", "1000001"])
async def test_wrong_token(place: Place, token: str) -> None:
    answer = await place.call("getMe", token=token)
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert [call.method for call in place.sandbox.calls] == ["getMe"]  # the Bot's own, at its start


async def test_unknown_method(place: Place) -> None:
    answer = await place.call("getEverything")
    assert answer.status_code == 404
    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_get_and_any_case(place: Place) -> None:
    assert (await place.http.get(f"/bot{TOKEN}/GETME")).json()["ok"] is True


async def test_message_reaches_the_person_with_its_form(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_message(
        person.id, "<b>Hi</b> &lt;you&gt;", parse_mode="HTML", reply_markup=rows(("Go", "/go"))
    )
    assert sent.text_html == "<b>Hi</b> &lt;you&gt;"
    [seen] = await person.answers()
    assert (seen.text, seen.buttons, seen.id) == ("Hi <you>", ((("Go", "/go"),),), sent.message_id)


async def test_message_ids_count_per_chat_and_are_never_used_again(place: Place) -> None:
    person, other = await place.started(), await place.started()
    gone = await place.bot.send_message(person.id, "x")
    await place.bot.delete_message(person.id, gone.message_id)
    assert (await place.bot.send_message(person.id, "y")).message_id == gone.message_id + 1
    assert (await place.bot.send_message(other.id, "z")).message_id == 2


def keyboard(*row: object) -> dict[str, Any]:
    return {"reply_markup": {"inline_keyboard": [list(row)]}}


@pytest.mark.parametrize(
    ("extra", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "<u", "parse_mode": "HTML"}, "can't parse entities: Unclosed start tag at byte offset 0"),
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": 99}, "chat not found"),
        ({"chat_id": "@somebody"}, "chat not found"),
        ({"chat_id": 1e999}, "chat not found"),
        (keyboard({"text": "x", "callback_data": "é" * 33}), "BUTTON_DATA_INVALID"),
        (keyboard({"text": "x", "callback_data": ""}), "BUTTON_DATA_INVALID"),
        (
            keyboard({"text": "x"}),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (keyboard({"callback_data": "x"}), "can't parse inline keyboard button: Can't find field \"text\""),
        (keyboard(7), "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
        (
            keyboard({"text": "x", "url": "javascript:x"}),
            "inline keyboard button URL is invalid: Wrong HTTP URL",
        ),
        (keyboard(*[{"text": "x", "callback_data": "y"}] * 101), "reply markup is too long"),
        (
            {"reply_markup": {"inline_keyboard": [7]}},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        ({"reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"reply_markup": "7"}, "object expected as reply markup"),
        ({"reply_parameters": {"message_id": 77}}, "message to be replied not found"),
    ],
)
async def test_messages_that_are_refused(place: Place, extra: dict[str, Any], description: str) -> None:
    person = await place.started()
    await person.answers(wait=0)
    raw = {"chat_id": person.id, "text": "x"} | extra
    if raw["chat_id"] == 1e999:
        answer = await place.http.post(
            f"/bot{TOKEN}/sendMessage",
            content=b'{"chat_id":1e999,"text":"x"}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.json()["description"] == f"Bad Request: {description}"
    else:
        assert await place.refusal("sendMessage", raw) == f"Bad Request: {description}"
    assert await person.answers(wait=0) == []


async def test_longest_text_and_payload_are_accepted(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_message(
        person.id, f"<b>{'x' * 4096}</b>", parse_mode="HTML", reply_markup=rows(("x", "y" * 64))
    )
    assert sent.text is not None
    assert len(sent.text) == 4096


async def test_person_who_never_wrote_is_unknown(place: Place) -> None:
    person = await Person.new(place.http)
    with pytest.raises(BadRequest, match="Chat not found"):
        await place.bot.send_message(person.id, "x")


async def test_half_surrogates_are_refused(place: Place) -> None:
    body = b'{"chat_id": 1, "text": "\\ud800"}'
    answer = await place.http.post(
        f"/bot{TOKEN}/sendMessage", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"[" * 100_000])
async def test_malformed_json(place: Place, body: bytes) -> None:
    answer = await place.http.post(
        f"/bot{TOKEN}/sendMessage", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["ok"] is False


async def test_edit_shows_and_an_unchanged_one_is_refused(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_message(person.id, "one", reply_markup=rows(("x", "x")))
    await place.bot.edit_message_text("two", person.id, sent.message_id)
    [seen] = await person.answers()
    assert (seen.text, seen.edited, seen.buttons) == ("two", True, ())
    with pytest.raises(BadRequest, match="Message is not modified"):
        await place.bot.edit_message_text("two", person.id, sent.message_id)
    await place.bot.edit_message_reply_markup(person.id, sent.message_id, reply_markup=rows(("y", "y")))
    assert (await person.messages())[-1].buttons == ((("y", "y"),),)


async def test_edits_that_are_refused(place: Place) -> None:
    person = await place.started()
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await place.bot.edit_message_text("x", person.id, 77)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await place.bot.edit_message_text("x", person.id, 1)
    document = await place.bot.send_document(person.id, b"x")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await place.bot.edit_message_text("x", person.id, document.message_id)


async def test_delete_within_48_hours(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_message(person.id, "x")
    place.clock.advance(hours=48)
    assert await place.bot.delete_message(person.id, 1)
    place.clock.advance(seconds=1)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await place.bot.delete_message(person.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await place.bot.delete_message(person.id, 1)


async def test_delete_many_passes_over_what_is_gone(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_message(person.id, "x")
    assert await place.bot.delete_messages(person.id, [1, 55, sent.message_id])
    assert await person.messages() == []
    assert await place.refusal("deleteMessages", {"chat_id": person.id, "message_ids": ["1"]}) == (
        "Bad Request: invalid message identifier specified"
    )


async def test_blocked_bot(place: Place) -> None:
    person = await place.started()
    await person.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await place.bot.send_message(person.id, "x")
    await person.unblock()
    await place.bot.send_message(person.id, "x")
    changes = [u.my_chat_member for u in await place.bot.get_updates() if u.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]


async def test_press_is_answered_once(place: Place) -> None:
    person = await place.started()
    await place.bot.send_message(person.id, "?", reply_markup=rows(("Yes", "/yes")))
    await person.press("Yes")
    query = (await place.bot.get_updates())[-1].callback_query
    assert query is not None
    assert query.data == "/yes"
    assert await query.answer("thanks")
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()


async def test_press_cannot_be_answered_for_ever(place: Place) -> None:
    person = await place.started()
    await place.bot.send_message(person.id, "?", reply_markup=rows(("Yes", "/yes")))
    press = await person.press("Yes")
    place.clock.advance(minutes=16)
    with pytest.raises(BadRequest, match="Query is too old"):
        await place.bot.answer_callback_query(press)


async def test_action_must_be_known(place: Place) -> None:
    person = await place.started()
    assert await place.bot.send_chat_action(person.id, "typing")
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await place.bot.send_chat_action(person.id, "dancing")


async def test_document_travels_and_can_be_sent_again(place: Place) -> None:
    person = await place.started()
    sent = await place.bot.send_document(
        person.id, b"%PDF-", filename="card é.pdf", caption="<i>a card</i>", parse_mode="HTML"
    )
    assert sent.document is not None
    again = await place.bot.send_document(person.id, sent.document.file_id)
    assert again.document == sent.document
    first, _ = await person.answers()
    assert (first.media, first.text, first.entities[0]["type"]) == ("document", "a card", "italic")
    got = await place.http.get(f"/sandbox/files/{sent.document.file_id}", params={"name": "card é.pdf"})
    assert got.content == b"%PDF-"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''card%20%C3%A9.pdf"


@pytest.mark.parametrize(
    ("extra", "description"),
    [
        ({}, "there is no document in the request"),
        ({"document": "attach://x"}, "there is no document in the request"),
        ({"document": "file-0"}, "wrong file identifier/HTTP URL specified"),
        ({"document": "file-0", "caption": "x" * 1025}, "message caption is too long"),
    ],
)
async def test_documents_that_are_refused(place: Place, extra: dict[str, str], description: str) -> None:
    person = await place.started()
    if "caption" in extra:
        with pytest.raises(BadRequest, match=f"(?i){description}"):
            await place.bot.send_document(person.id, b"x", caption=extra["caption"])
    else:
        body = {"chat_id": person.id} | extra
        assert await place.refusal("sendDocument", body) == f"Bad Request: {description}"


async def test_profile_by_language(place: Place) -> None:
    bot = place.bot
    await bot.set_my_description("Guidance")
    await bot.set_my_description("Orientación", language_code="es")
    await bot.set_my_short_description("Help")
    await bot.set_my_name("Amparo of tests")
    assert (await bot.get_my_description("es")).description == "Orientación"
    assert (await bot.get_my_description("fr")).description == "Guidance"
    assert (await bot.get_my_short_description()).short_description == "Help"
    assert (await bot.get_my_name()).name == "Amparo of tests"
    assert (await bot.get_me()).first_name == "Amparo of tests"
    with pytest.raises(BadRequest, match="Bot name is too long"):
        await bot.set_my_name("x" * 65)


async def test_commands_by_scope_and_language(place: Place) -> None:
    private = BotCommandScopeAllPrivateChats()
    await place.bot.set_my_commands([BotCommand("help", "Help")])
    await place.bot.set_my_commands([BotCommand("ayuda", "Ayuda")], scope=private, language_code="es")
    assert await place.bot.get_my_commands() == (BotCommand("help", "Help"),)
    assert await place.bot.get_my_commands(private) == ()
    person = await place.started("es-419")
    shown = (await place.http.get(f"/sandbox/api/people/{person.id}/bot")).json()["commands"]
    assert shown == [{"command": "ayuda", "description": "Ayuda"}]
    await place.bot.delete_my_commands(private, "es")
    shown = (await place.http.get(f"/sandbox/api/people/{person.id}/bot")).json()["commands"]
    assert shown == [{"command": "help", "description": "Help"}]


@pytest.mark.parametrize(
    ("commands", "description"),
    [
        ([{"command": "No", "description": "x"}], "BOT_COMMAND_INVALID"),
        ([{"command": "no", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "no", "description": "x"}] * 101, "too many commands specified"),
        ({}, "expected an Array of BotCommand"),
    ],
)
async def test_commands_that_are_refused(place: Place, commands: object, description: str) -> None:
    assert await place.refusal("setMyCommands", {"commands": commands}) == f"Bad Request: {description}"


async def test_chat_and_leaving(place: Place) -> None:
    person = await place.started()
    assert (await place.bot.get_chat(person.id)).first_name == "Somebody"
    with pytest.raises(BadRequest, match="can't be changed in private chats"):
        await place.bot.leave_chat(person.id)
