"""Recorded shapes of updates, and what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.events import Translator
from bot.chat.raw import client_language, incoming, is_private
from bot.chat.telegram import Client
from bot.core.cleantext import clean
from bot.core.events import Blocked, Commanded, InGroup, Media, Pressed, Said, SentMedia, Unblocked
from bot.core.reading import FlagHit
from bot.errors import UpdateError
from tests.fakes import TOKEN, FakeTelegram

USER = {"id": 5, "is_bot": False, "first_name": "<b>Rosa</b>", "language_code": "es-CR"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Rosa"}
CHANNEL = {"id": -5, "type": "channel", "title": "t"}
GROUP = {"id": -100, "type": "supergroup", "title": "6B"}
FILE = {"file_id": "f", "file_unique_id": "u"}


class NoDanger:
    def scan(self, text: str) -> tuple[FlagHit, ...]:
        return (FlagHit("violence", 1.0),) if "golpe" in text else ()


@pytest.fixture
async def translator() -> AsyncIterator[Translator]:
    telegram = FakeTelegram()
    translator = Translator(Client(TOKEN, "http://127.0.0.1:1", request=telegram, poll_request=telegram).bot)
    await translator.start()
    yield translator
    await translator.stop()


def message(chat: dict[str, Any] = PRIVATE, kind: str = "message", **fields: Any) -> dict[str, Any]:
    return {
        "update_id": 1,
        kind: {"message_id": 3, "date": 1_700_000_000, "chat": chat, "from": USER, **fields},
    }


def member(status: str, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    bot = {"id": 1000001, "is_bot": True, "first_name": "Amparo"}
    new = {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    old = {"user": bot, "status": "left"}
    change = {"chat": chat, "from": USER, "date": 1, "old_chat_member": old, "new_chat_member": new}
    return {"update_id": 1, "my_chat_member": change}


async def test_text(translator: Translator) -> None:
    event = await translator.event(message(text="hola\u202e <b>x</b>\x00"))
    assert isinstance(event, Said)
    assert (event.text, event.client_language, event.edited, event.forwarded) == (
        "hola <b>x</b>",
        "es-CR",
        False,
        False,
    )
    assert "Rosa" not in repr(event)


async def test_edited_and_forwarded(translator: Translator) -> None:
    edited = await translator.event(message(kind="edited_message", text="hola", edit_date=1_700_600_000))
    assert isinstance(edited, Said)
    assert edited.edited
    assert edited.at.timestamp() == 1_700_600_000  # by the first date a path or hours of days ago would count
    other = {"type": "hidden_user", "sender_user_name": "x", "date": 1}
    own = {"type": "user", "sender_user": USER, "date": 1}
    for origin, expected in ((other, True), (own, False)):
        event = await translator.event(message(text="hola", forward_origin=origin))
        assert isinstance(event, Said)
        assert event.forwarded is expected


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/start cr_teacher", "start", "cr_teacher"),
        ("/START@amparo_bot", "start", ""),
        ("/start mi hija no aparece", "start", "mi hija no aparece"),
        ("/help\nmi hija no aparece", "help", "mi hija no aparece"),
        ("/help@other_bot mi hija no aparece", "help", "mi hija no aparece"),
        ("/mi_hija_no_aparece", "mi_hija_no_aparece", "mi hija no aparece"),
        ("/auxilio no aparece", "auxilio", "auxilio no aparece"),
    ],
)
async def test_commands(translator: Translator, text: str, name: str, argument: str) -> None:
    entity = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
    event = await translator.event(message(text=text, entities=[entity]))
    assert isinstance(event, Commanded)
    assert (event.name, event.argument) == (name, argument)


async def test_presses(translator: Translator) -> None:
    query = {"id": "9", "from": USER, "chat_instance": "c", "data": "/menu", **message(text="x")}
    event = await translator.event({"update_id": 1, "callback_query": query})
    assert isinstance(event, Pressed)
    assert event.payload == "/menu"


@pytest.mark.parametrize(
    ("fields", "media"),
    [
        ({"photo": [{**FILE, "width": 1, "height": 1}], "caption": "golpe"}, Media.PHOTO),
        ({"voice": {**FILE, "duration": 1}}, Media.VOICE),
        ({"video": {**FILE, "duration": 1, "width": 1, "height": 1}}, Media.VIDEO),
        ({"document": FILE}, Media.DOCUMENT),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, Media.LOCATION),
        ({"contact": {"phone_number": "1", "first_name": "x"}}, Media.CONTACT),
        ({"dice": {"emoji": "🎲", "value": 1}}, Media.OTHER),
        ({"a_kind_of_the_future": {"x": 1}}, Media.OTHER),
    ],
)
async def test_media_is_named_and_never_fetched(
    translator: Translator, fields: dict[str, Any], media: Media
) -> None:
    event = await translator.event(message(**fields))
    assert isinstance(event, SentMedia)
    assert (event.media, event.caption) == (media, fields.get("caption", ""))


async def test_groups_and_membership(translator: Translator) -> None:
    assert isinstance(await translator.event(message(chat=GROUP, text="hola")), InGroup)
    assert isinstance(await translator.event(member("kicked")), Blocked)
    assert isinstance(await translator.event(member("member")), Unblocked)
    assert isinstance(await translator.event(member("member", GROUP)), InGroup)
    assert await translator.event(member("left", GROUP)) is None


@pytest.mark.parametrize(
    "raw",
    [
        {"update_id": 1},
        {"update_id": 1, "purchased_paid_media": {"from": USER, "paid_media_payload": "x"}},
        {"update_id": 1, "kind_of_the_future": {"chat": PRIVATE}},
        {
            "update_id": 1,
            "channel_post": message(chat={"id": -5, "type": "channel", "title": "t"}, text="x")["message"],
        },
    ],
)
async def test_unknown_kinds_have_no_answer(translator: Translator, raw: dict[str, Any]) -> None:
    assert await translator.event(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        message(text="hola") | {"message": "text instead of an object"},
        {"update_id": 1, "message": {"message_id": 3, "date": "yesterday", "chat": PRIVATE, "text": "x"}},
        {"update_id": 1, "message": {"text": "no chat"}},
        {"update_id": 1, "callback_query": {"id": 1}},
    ],
)
async def test_malformed_updates_say_so_without_their_words(
    translator: Translator, raw: dict[str, Any]
) -> None:
    with pytest.raises(UpdateError) as caught:
        await translator.event(raw)
    assert "yesterday" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["chat", "from", "date", "text", "message_id", "photo", "caption", "entities", "message", "id"]
)
UPDATES = st.fixed_dictionaries(
    {"update_id": st.integers(0, 9)},
    optional={
        kind: st.dictionaries(FIELDS, JSON, max_size=6) | JSON
        for kind in ("message", "edited_message", "callback_query", "my_chat_member")
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=UPDATES)
async def test_any_update_is_understood_or_refused(translator: Translator, raw: dict[str, Any]) -> None:
    stored = incoming(raw, NoDanger())
    assert stored is not None
    client_language(raw)
    is_private(raw)
    with suppress(UpdateError):
        await translator.event(raw)


def test_danger_is_seen_in_text_and_caption_before_anything_is_parsed() -> None:
    for update in (message(text="golpe"), message(caption="golpe")):
        stored = incoming(update, NoDanger())
        assert stored is not None
        assert (stored.danger, stored.chat_id) == (("violence",), 5)


def test_an_update_is_stored_whatever_breaks_in_the_scan() -> None:
    class Broken:
        def scan(self, text: str) -> tuple[FlagHit, ...]:
            raise RecursionError(text)

    for scan, look in ((Broken(), None), (NoDanger(), Broken())):
        stored = incoming(message(text="hola"), scan, look)
        assert stored is not None
        assert (stored.danger, stored.plain, stored.patient) == ((), True, False)


@pytest.mark.parametrize(
    "raw", [None, [], "x", {}, {"update_id": "1"}, {"update_id": True}, {"update_id": 2**63}]
)
def test_without_an_id_there_is_nothing_to_store(raw: object) -> None:
    assert incoming(raw, NoDanger()) is None


@given(st.text())
def test_cleaned_text_has_no_control_or_direction_characters(text: str) -> None:
    assert not set(clean(text)) & set("\x00\x07\x1b\u202a\u202e\u2066\u2069\u200f\ufeff")
