"""Trouble of every kind, through the whole bot: nothing is lost, the danger is answered, nothing leaks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.content.library import Library
from bot.content.phrasebook import Phrasebook
from bot.core.case import DeliveryState
from bot.core.ports import ChatId, IncomingUpdate
from bot.core.reading import Reading
from bot.errors import DeliveryRetry, MatcherUnavailable, StoreUnavailable
from bot.log import configure
from bot.matching.patterns import PatternLayer
from bot.sandbox.model import Message
from tests.conftest import KEY, PEPPER
from tests.whole import PASSWORD, Whole, whole_bot

DANGER = "mi padrastro me pega con un cinturon"
MARK = "zanahoriamarcada"


class BrokenReader:
    """A matcher that is away, or that breaks."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        raise self._error


class AwayInbox:
    """A database that cannot be reached for some calls."""

    def __init__(self, inner: Any, times: int) -> None:
        self._inner = inner
        self._times = times

    async def store(self, bot_id: int, updates: Sequence[IncomingUpdate]) -> int:
        if self._times:
            self._times -= 1
            raise StoreUnavailable
        stored: int = await self._inner.store(bot_id, updates)
        return stored

    async def attended(self, bot_id: int, chat_id: ChatId) -> bool:
        raise StoreUnavailable


@pytest.fixture
async def whole(tmp_path: Path, library: Library) -> AsyncIterator[Whole]:
    """A bot whose model is away: patterns and buttons alone."""
    async with _bot(tmp_path, library, MatcherUnavailable()) as bot:
        yield bot


def _bot(tmp_path: Path, library: Library, error: Exception) -> Any:
    book = Phrasebook(library.responses)
    patterns = PatternLayer(library.training.rules)
    url = f"sqlite:///{tmp_path / 'amparo.db'}"
    return whole_bot(url, [KEY], PEPPER, book, BrokenReader(error), patterns)


def texts(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages)


async def test_without_a_model_danger_is_still_answered_and_opens_a_case(whole: Whole) -> None:
    answers = await whole.say(DANGER)
    assert "número de emergencia" in texts(answers)
    assert [row.flags for row in await whole.queue()] == [("violence", "child_user")]


async def test_a_poison_update_goes_to_the_dead_letters_and_blocks_nobody(whole: Whole) -> None:
    person = whole.person()
    chat = {"id": person, "type": "private"}
    poison = {"update_id": 77, "message": {"date": "yesterday", "chat": chat, "text": MARK}}
    await whole.store.inbox.store(whole.bot_id, [IncomingUpdate(77, json.dumps(poison), person)])
    await whole.say("/help")
    said = texts(whole.messages(person))
    assert "/menu" in said
    letters = await whole.store.service.dead_letters(whole.staff)
    assert len(letters) == 1
    assert MARK not in repr(letters)
    eva = await whole.store.staff.add("eva", "Eva", PASSWORD, "supervisor")
    assert MARK in await whole.store.service.dead_letter_text(eva, letters[0].id)


async def test_a_turn_that_keeps_failing_ends_with_the_safety_text(tmp_path: Path, library: Library) -> None:
    async with _bot(tmp_path, library, RuntimeError(MARK)) as whole:
        await whole.say("hola")
        for _ in range(3):
            whole.clock.advance(minutes=5)
            await whole.settle()
        assert "servicio automático" in texts(whole.messages(whole.person()))
        assert len(await whole.store.service.dead_letters(whole.staff)) == 1


async def test_the_database_away_brings_the_safety_text_once_and_loses_nothing(whole: Whole) -> None:
    away = whole.polling_into(AwayInbox(whole.store.inbox, 2))
    person = whole.person()
    for text in ("hola", DANGER):
        whole.sandbox.people.say(person, text, whole.clock.now())
    whole.sandbox.commit()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await away.poll_once()
    assert len(whole.messages(person)) == 1
    assert "emergencia" in texts(whole.messages(person))
    assert await away.poll_once() == 2
    await whole.settle()
    assert len(await whole.queue()) == 1


async def test_flood_control_holds_back_one_chat_only(whole: Whole) -> None:
    rosa, juan = whole.person("Rosa"), whole.person("Juan")
    whole.sandbox.faults.too_many_requests(rosa, retry_after=30)
    for person in (rosa, juan):
        whole.sandbox.people.say(person, "/help", whole.clock.now())
    await whole.settle()
    assert (len(whole.messages(rosa)), len(whole.messages(juan))) == (0, 1)
    whole.clock.advance(seconds=31)
    await whole.settle()
    assert len(whole.messages(rosa)) == 1


async def test_a_message_that_may_have_arrived_is_repeated_only_for_safety(whole: Whole) -> None:
    rosa, juan = whole.person("Rosa"), whole.person("Juan")
    whole.sandbox.faults.silence(times=1, method="sendMessage")
    whole.sandbox.people.say(rosa, "/help", whole.clock.now())
    await whole.settle()
    assert len(whole.messages(rosa)) == 1
    assert (await whole.store.stats.numbers()).outbox_uncertain == 1

    whole.sandbox.faults.silence(times=1, method="sendMessage")
    whole.sandbox.people.say(juan, DANGER, whole.clock.now())
    await whole.settle()
    whole.clock.advance(seconds=60)
    await whole.settle()
    said = [message.text for message in whole.messages(juan)]
    assert len(said) == 3
    assert said[0] == said[1]


async def test_server_errors_are_waited_out(whole: Whole) -> None:
    whole.sandbox.faults.server_errors(times=2, method="sendMessage")
    whole.sandbox.people.say(whole.person(), "/help", whole.clock.now())
    for _ in range(3):
        await whole.settle()
        whole.clock.advance(minutes=2)
    assert len(whole.messages(whole.person())) == 1


async def test_telegram_away_confirms_nothing(whole: Whole) -> None:
    whole.sandbox.faults.refuse(times=1, method="getUpdates")
    with pytest.raises(DeliveryRetry):
        await whole.poller.poll_once()
    assert len(await whole.say("/help")) == 1


async def test_a_person_who_blocks_the_bot_is_marked_and_nothing_more_is_sent(whole: Whole) -> None:
    person = whole.person()
    await whole.say(DANGER)
    whole.sandbox.people.block(person, True, whole.clock.now())
    await whole.settle()
    (row,) = await whole.queue()
    assert row.unreachable
    reference = await whole.store.service.take_next(whole.staff)
    assert reference is not None
    detail = await whole.store.service.case(whole.staff, reference)
    await whole.store.service.reply(whole.staff, reference, "¿Está ahí?", seen=detail.last_line, token="t1")
    await whole.settle()
    detail = await whole.store.service.case(whole.staff, reference)
    assert detail.lines[-1].delivery is DeliveryState.UNREACHABLE
    whole.sandbox.people.block(person, False, whole.clock.now())
    await whole.settle()
    (row,) = await whole.queue("mine")
    assert not row.unreachable


@pytest.mark.parametrize(
    "text",
    [
        "x" * 4096,
        "\u202e\u200f hola \x00\x1b[31m",
        "<script>alert(1)</script> & <b>",
        "🏳️‍🌈" * 500,
        "\n.\n",
        "a" + "\u0301" * 3000,
    ],
)
async def test_strange_texts_are_answered(whole: Whole, text: str) -> None:
    assert await whole.say(text)
    assert await whole.store.service.dead_letters(whole.staff) == []


async def test_a_button_pressed_twice_and_a_forged_one(whole: Whole) -> None:
    await whole.say("/start")
    first = await whole.press("Soy docente")
    again = await whole.press("Soy docente")
    assert texts(first) == texts(again) != ""
    message = whole.messages(whole.person())[-1]
    assert message.keyboard
    message.keyboard[0][0]["callback_data"] = '/safety{"a":"wrong","n":"1"}'
    forged = await whole.press('/safety{"a":"wrong","n":"1"}')
    assert "anterior" in texts(forged)
    assert await whole.queue() == []


async def test_no_words_of_people_and_no_token_in_any_log(
    tmp_path: Path, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("debug", "json")
    async with _bot(tmp_path, library, RuntimeError(f"the model choked on {MARK}")) as whole:
        person = whole.person(MARK)
        whole.sandbox.people.say(person, f"{MARK} {DANGER}", whole.clock.now())
        await whole.settle()
        whole.sandbox.faults.reject(person, 400, f"Bad Request: {MARK}", times=3)
        for _ in range(3):
            whole.clock.advance(minutes=5)
            await whole.settle()
    logged = capsys.readouterr().err
    assert "turn_failed" in logged
    assert MARK not in logged
    assert "1000001:" not in logged


def test_the_drop_pending_flag_is_never_set() -> None:
    root = Path(__file__).parents[2] / "bot"
    for path in root.rglob("*.py"):
        assert "drop_pending_updates=True" not in path.read_text("utf-8"), path
