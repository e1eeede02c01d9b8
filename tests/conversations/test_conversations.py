"""Plays every conversation of the YAML files beside this one; CONTRIBUTING.md says how to write one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.markup import strip
from bot.core.closing import Closing
from bot.core.effects import Audience, Block, Guidance, Part, Phrase, Safety, SafetyPart, Say
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from tests.rasa_talk import RasaTalk
from tests.talk import Shown, Talk
from tests.whole import Whole

HERE = Path(__file__).parent
Conversation = Mapping[str, Any]
EXPECTATIONS = {"text", "phrase", "guidance", "safety", "buttons", "not"}
STEPS = {"says", "presses", "edits", "sends", "staff", "waits_hours", "bot", "silence", "case", "note"}
STEPS |= {"waits_minutes", "says_at_once", "says_many", "forwards", "blocks", "gone"}
TELEGRAM_ONLY = {"says_at_once", "says_many", "forwards", "blocks", "gone"}
"""Steps that another channel does not have; their conversations say ``only: telegram``."""


def _conversations(*, only: str = "") -> list[Any]:
    found = []
    for path in sorted(HERE.glob("*.yml")):
        for item in yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader):  # noqa: S506 - gives texts only
            if not only or item.get("only", only) == only:
                found.append(pytest.param(item, id=f"{path.stem}: {item['name']}"))
    return found


@pytest.mark.parametrize("conversation", _conversations())
async def test_conversation(conversation: Conversation, whole: Whole) -> None:
    await play(whole, conversation)


@pytest.mark.parametrize("conversation", _conversations(only="rasa"))
async def test_the_same_conversation_through_the_action_server(
    conversation: Conversation, rasa: RasaTalk
) -> None:
    await play(rasa, conversation)


async def play(whole: Talk, conversation: Conversation) -> None:
    """Play a conversation to its end."""
    player = Player(whole, conversation)
    if conversation.get("staff_at_work"):
        await whole.sign_in()
    for number, turn in enumerate(conversation["turns"], 1):
        unknown = set(turn) - STEPS
        assert not unknown, f"turn {number}: unknown keys {unknown}"
        await player.turn(turn, f"turn {number}")


class Player:
    """Plays turns and compares what the bot says."""

    def __init__(self, whole: Talk, conversation: Conversation) -> None:
        self._whole = whole
        self._client = conversation.get("client", "es")
        self._language = conversation.get("language", self._client)
        self._role = conversation.get("role", "")
        self._person = whole.person("Rosa", self._client)
        self._reference = ""

    async def turn(self, turn: Mapping[str, Any], where: str) -> None:
        answers = await self._act(turn)
        if turn.get("silence"):
            assert not answers, f"{where}: expected silence, got {_shown(answers)}"
        for expected in turn.get("bot", []):
            self._compare(expected, answers, where)
        if "case" in turn:
            await self._case(turn["case"], where)

    async def _act(self, turn: Mapping[str, Any]) -> Sequence[Shown]:
        whole = self._whole
        if "waits_hours" in turn or "waits_minutes" in turn:
            hours, minutes = turn.get("waits_hours", "0"), turn.get("waits_minutes", "0")
            whole.clock.advance(hours=float(hours), minutes=float(minutes))
            await whole.store.service.sweep(whole.clock.now())
        if set(turn) & TELEGRAM_ONLY:
            return await self._on_telegram(turn)
        if "says" in turn:
            return await whole.say(turn["says"], "Rosa", self._client)
        if "presses" in turn:
            return await whole.press(turn["presses"])
        if "edits" in turn:
            return await whole.edit(turn["edits"])
        if "sends" in turn:
            return await whole.send(turn["sends"])
        if "staff" in turn:
            await self._staff(turn["staff"])
        return await whole.answers(self._person)

    async def _on_telegram(self, turn: Mapping[str, Any]) -> Sequence[Shown]:
        whole = self._whole
        assert isinstance(whole, Whole), "this conversation must say “only: telegram”"
        people, now = whole.sandbox.people, whole.clock.now()
        before = len(whole.messages(self._person))
        if "says_at_once" in turn:
            for text in turn["says_at_once"]:
                people.say(self._person, text, now)
        if "says_many" in turn:
            for _ in range(int(turn["says_many"]["times"])):
                await whole.say(turn["says_many"]["text"], "Rosa", self._client)
            return whole.messages(self._person)[before:]
        if "forwards" in turn:
            people.say(self._person, turn["forwards"], now, forwarded=True)
        if "blocks" in turn:
            people.block(self._person, turn["blocks"] == "yes", now)
        if "gone" in turn:
            left = "\n".join(message.text for message in whole.messages(self._person))
            for words in turn["gone"]:
                assert words not in left, f"“{words}” is still in the chat"
        return await whole.answers(self._person)

    async def _staff(self, action: Mapping[str, Any] | str) -> None:
        whole = self._whole
        service, ana = whole.store.service, whole.staff
        if action == "takes next":
            reference = await service.take_next(ana)
            assert reference, "no case waits"
            self._reference = reference
        elif isinstance(action, Mapping) and "writes" in action:
            detail = await service.case(ana, self._reference)
            text, seen = str(action["writes"]), detail.last_line
            await service.reply(ana, self._reference, text, seen=seen, token=f"t{seen}")
        elif isinstance(action, Mapping) and "closes" in action:
            closing = Closing(Outcome(action["closes"]), note="all is said", alone=True)
            await service.close(ana, self._reference, closing)
        else:
            raise AssertionError(f"unknown staff action {action}")

    def _compare(self, expected: Mapping[str, Any], answers: Sequence[Shown], where: str) -> None:
        assert set(expected) <= EXPECTATIONS, f"{where}: unknown expectation {set(expected)}"
        said = "\n".join(message.text for message in answers)
        for words in self._words(expected):
            assert words in said, f"{where}: “{words}” is not in:\n{_shown(answers)}"
        if "not" in expected:
            assert expected["not"] not in said, f"{where}: “{expected['not']}” is in:\n{_shown(answers)}"
        labels = {b["text"] for m in answers for row in m.keyboard or [] for b in row}
        for label in expected.get("buttons", []):
            assert label in labels, f"{where}: no button “{label}” among {sorted(labels)}"

    def _words(self, expected: Mapping[str, Any]) -> list[str]:
        found = [str(expected["text"])] if "text" in expected else []
        for key in ("phrase", "guidance", "safety"):
            if key in expected:
                found.append(self._rendered(key, str(expected[key])))
        return found

    def _rendered(self, kind: str, key: str) -> str:
        blocks: dict[str, Block] = {
            "phrase": Phrase(key),
            "guidance": Guidance(key, Part.FIRST),
            "safety": Safety(key, SafetyPart.STEPS),
        }
        audience = Audience(self._language, "", self._role)
        (message,) = self._whole.book.render(Say((blocks[kind],)), audience, self._whole.clock.now())
        return strip(message.html)

    async def _case(self, expected: Mapping[str, Any] | str, where: str) -> None:
        rows = await self._whole.queue()
        if expected == "none":
            assert rows == [], f"{where}: a case is open"
            return
        assert len(rows) == 1, f"{where}: {len(rows)} cases are open"
        row = rows[0]
        assert isinstance(expected, Mapping)
        if "priority" in expected:
            assert row.priority is Priority[str(expected["priority"]).upper()], f"{where}: {row.priority!r}"
        if "state" in expected:
            assert row.state == expected["state"], f"{where}: {row.state}"
        for flag in expected.get("flags", []):
            assert flag in row.flags, f"{where}: {row.flags}"


def _shown(messages: Sequence[Shown]) -> str:
    return "\n---\n".join(message.text for message in messages) or "(nothing)"
