"""The stand-in's world: who there is, what was written, and what waits for the bot."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.sandbox.journal import Journal
from bot.sandbox.model import Group, Human, Message, Press, api_message
from bot.sandbox.profile import Profile
from bot.sandbox.refusals import PeopleError
from bot.sandbox.storage import Rows
from bot.sandbox.text import Json
from bot.sandbox.updates import Updates
from bot.sandbox.views import message_view, person_view

USERNAME = "amparo_demo_bot"
PRESS_ANSWERABLE_FOR = timedelta(minutes=15)
"""Telegram does not say how long; enough for a bot that is slow, not for one that was away."""

_FIRST_PERSON = 5_000_000_001
_FIRST_GROUP = -4_000_001


class World:
    """Holds everything in memory; each change also goes to the journal."""

    def __init__(self, bot_id: int, journal: Journal, random: Random, name: str = "Amparo") -> None:
        self.bot_id = bot_id
        self.journal = journal
        self.random = random
        self.updates = Updates(journal, random)
        self.profile = Profile(journal, name)
        self.humans: dict[int, Human] = {}
        self.groups: dict[int, Group] = {}
        self.presses: dict[str, Press] = {}
        self.webhook: Json = {}
        self._messages: dict[int, dict[int, Message]] = {}
        self._last_ids: dict[int, int] = {}
        self._seq = 0

    def restore(self, rows: Rows) -> None:
        """Go on from what a storage kept."""
        self.updates.restore(_only(rows, "queue"), rows.get("update", []))
        self.profile.restore(_only(rows, "profile"))
        self.webhook = _only(rows, "webhook") or {}
        self.humans = {row["id"]: Human.of(row) for row in sorted(rows.get("person", []), key=_by("id"))}
        self.groups = {row["id"]: Group.of(row) for row in rows.get("group", [])}
        self.presses = {row["id"]: Press.of(row) for row in rows.get("press", [])}
        self._last_ids = {row["chat_id"]: row["last"] for row in rows.get("chat", [])}
        for row in sorted(rows.get("message", []), key=_by("message_id")):
            message = Message.of(row)
            self._messages.setdefault(message.chat_id, {})[message.message_id] = message
            self._seq = max(self._seq, message.seq)

    @property
    def seq(self) -> int:
        """Grows with every change of a message."""
        return self._seq

    def bot_user(self) -> Json:
        name = self.profile.text("name")
        return {"id": self.bot_id, "is_bot": True, "first_name": name, "username": USERNAME}

    def human(self, person_id: int) -> Human:
        """Raises `PeopleError` where there is no such person."""
        if person_id not in self.humans:
            raise PeopleError(404, "there is no such person")
        return self.humans[person_id]

    def add_human(self, first_name: str, language: str, country: str, note: str) -> Human:
        person_id = max(self.humans, default=_FIRST_PERSON - 1) + 1
        human = self.humans[person_id] = Human(person_id, first_name, language, country, note)
        self.keep_human(human)
        return human

    def add_group(self, title: str, person_id: int) -> Group:
        group_id = min(self.groups, default=_FIRST_GROUP + 1) - 1
        group = self.groups[group_id] = Group(group_id, title, [person_id])
        self.keep_group(group)
        return group

    def keep_human(self, human: Human) -> None:
        self.journal.keep("person", human.id, human.row())
        self.journal.tell("person", person=person_view(human, self.messages(human.id)))

    def keep_group(self, group: Group) -> None:
        self.journal.keep("group", group.id, group.row())

    def keep_press(self, press: Press) -> None:
        self.presses[press.id] = press
        self.journal.keep("press", press.id, press.row())

    def drop_press(self, press_id: str) -> None:
        del self.presses[press_id]
        self.journal.drop("press", press_id)

    def keep_webhook(self, webhook: Json) -> None:
        self.webhook = webhook
        self.journal.keep("webhook", "bot", webhook)

    def messages(self, chat_id: int) -> list[Message]:
        """A chat's messages, oldest first."""
        return list(self._messages.get(chat_id, {}).values())

    def message(self, chat_id: int, message_id: int) -> Message | None:
        return self._messages.get(chat_id, {}).get(message_id)

    def add_message(
        self, chat_id: int, sender_id: int, content: Json, now: datetime, **fields: Any
    ) -> Message:
        """A new message with the chat's next id; an id is never used twice."""
        message_id = self._last_ids.get(chat_id, 0) + 1
        self._last_ids[chat_id] = message_id
        self.journal.keep("chat", chat_id, {"chat_id": chat_id, "last": message_id})
        message = Message(chat_id, message_id, sender_id, stamp(now), content, **fields)
        self._messages.setdefault(chat_id, {})[message_id] = message
        self.changed(message)
        return message

    def changed(self, message: Message) -> None:
        """Store a new or changed message and tell whoever watches."""
        self._seq += 1
        message.seq = self._seq
        self.journal.keep("message", message.key, message.row())
        self.journal.tell("message", chat=message.chat_id, message=message_view(message, self.bot_id))

    def remove(self, message: Message) -> None:
        del self._messages[message.chat_id][message.message_id]
        self.journal.drop("message", message.key)
        self.journal.tell("deleted", chat=message.chat_id, id=message.message_id)

    def chat(self, chat_id: int) -> Json:
        if chat_id in self.groups:
            return self.groups[chat_id].chat()
        return self.humans[chat_id].chat()

    def shown(self, message: Message) -> Json:
        """The message as the Bot API shows it, with what it replies to."""
        reply = self.message(message.chat_id, message.reply_to) if message.reply_to else None
        told = None if reply is None else api_message(reply, self._user(reply), self.chat(reply.chat_id))
        return api_message(message, self._user(message), self.chat(message.chat_id), told)

    def confirm(self, updates: list[Json]) -> None:
        """The bot has these updates: their messages get the second tick."""
        for update in updates:
            shown = update.get("message") or update.get("edited_message")
            message = self.message(shown["chat"]["id"], shown["message_id"]) if shown else None
            if message is not None and not message.seen:
                message.seen = True
                self.changed(message)

    def _user(self, message: Message) -> Json:
        if message.sender_id == self.bot_id:
            return self.bot_user()
        return self.humans[message.sender_id].user()


def stamp(now: datetime) -> int:
    """Unix seconds, as the Bot API counts."""
    return int(now.timestamp())


def _only(rows: Rows, kind: str) -> Json | None:
    found = rows.get(kind)
    return found[0] if found else None


def _by(name: str) -> Any:
    def key(row: Json) -> int:
        return int(row[name])

    return key
