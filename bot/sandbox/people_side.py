"""What a person may do in the world: write, edit, press, attach, block. Each makes Telegram's updates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.sandbox import media
from bot.sandbox.model import Group, Human, Message, Press
from bot.sandbox.refusals import PeopleError
from bot.sandbox.text import MAX_CAPTION, MAX_TEXT, Json, formatted, split, utf16_length
from bot.sandbox.world import PRESS_ANSWERABLE_FOR, USERNAME, World, stamp

EDITABLE_SECONDS = 48 * 3600


class PeopleSide:
    """The people's hands in the world. Every method raises `PeopleError`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def say(
        self,
        person_id: int,
        text: str,
        now: datetime,
        *,
        chat_id: int = 0,
        reply_to: int = 0,
        forwarded: bool = False,
    ) -> list[Message]:
        """Write; a text over 4096 UTF-16 units goes out in pieces, as Telegram's clients do."""
        contents = [_content(piece, "text") for piece in split(text, MAX_TEXT)]
        if not any(content["text"] for content in contents):
            raise PeopleError(400, "a message needs some text")
        return [
            self._send(person_id, content, now, chat_id=chat_id, reply_to=reply_to, forwarded=forwarded)
            for content in contents
            if content["text"]
        ]

    def attach(self, person_id: int, kind: str, caption: str, now: datetime, *, chat_id: int = 0) -> Message:
        """Send a pretend photo, video, …; see `media.KINDS`."""
        if kind not in media.KINDS:
            raise PeopleError(400, "there is no such kind of attachment")
        if caption and kind not in media.CAPTIONED:
            raise PeopleError(400, "this kind of attachment has no caption")
        if utf16_length(caption) > MAX_CAPTION:
            raise PeopleError(400, "a caption has at most 1024 characters")
        content = media.pretend(kind, self._world.random)
        if caption.strip():
            content |= _content(caption, "caption")
        return self._send(person_id, content, now, chat_id=chat_id)

    def _send(
        self,
        person_id: int,
        content: Json,
        now: datetime,
        *,
        chat_id: int = 0,
        reply_to: int = 0,
        forwarded: bool = False,
    ) -> Message:
        human = self._world.human(person_id)
        chat_id = self._writable(human, chat_id or person_id)
        if reply_to and self._world.message(chat_id, reply_to) is None:
            raise PeopleError(404, "the message to reply to is not there")
        message = self._world.add_message(
            chat_id, person_id, content, now, reply_to=reply_to, forwarded=forwarded
        )
        if self._bot_hears(message):
            self._world.updates.add("message", self._world.shown(message), now)
        return message

    def _writable(self, human: Human, chat_id: int) -> int:
        """The chat, once the person may write there; the first message lets the bot know the person."""
        if chat_id != human.id:
            group = self._world.groups.get(chat_id)
            if group is None or human.id not in group.members:
                raise PeopleError(404, "there is no such group with this person")
            return chat_id
        if human.blocked:
            raise PeopleError(409, "the bot is blocked: unblock it first")
        if not human.started:
            human.started = True
            self._world.keep_human(human)
        return chat_id

    def _bot_hears(self, message: Message) -> bool:
        """Privacy mode: in a group only commands, mentions and replies to the bot come through."""
        group = self._world.groups.get(message.chat_id)
        if group is None:
            return True
        if group.bot != "member":
            return False
        reply = self._world.message(message.chat_id, message.reply_to)
        to_bot = reply is not None and reply.sender_id == self._world.bot_id
        return to_bot or message.text.startswith("/") or f"@{USERNAME}" in message.text.lower()

    def edit(self, person_id: int, message_id: int, text: str, now: datetime, *, chat_id: int = 0) -> Message:
        """Change an own message's text or caption, for 48 hours."""
        message = self._world.message(chat_id or person_id, message_id)
        if message is None or message.sender_id != person_id:
            raise PeopleError(404, "there is no such message of this person")
        if stamp(now) - message.date > EDITABLE_SECONDS or message.forwarded:
            raise PeopleError(409, "this message cannot be edited any more")
        field = "text" if "text" in message.content else "caption"
        limit = MAX_TEXT if field == "text" else MAX_CAPTION
        changed = _content(text, field)
        if not changed[field] or utf16_length(changed[field]) > limit:
            raise PeopleError(400, f"an edited message has 1 to {limit} characters")
        kept = {
            name: value for name, value in message.content.items() if name not in (field, _entities(field))
        }
        message.content, message.edit_date = {**kept, **changed}, stamp(now)
        self._world.changed(message)
        if self._bot_hears(message):
            self._world.updates.add("edited_message", self._world.shown(message), now)
        return message

    def press(self, person_id: int, message_id: int, data: str, now: datetime, *, chat_id: int = 0) -> Press:
        """Press a button of a bot's message; ``data`` may come from an older version of its keyboard."""
        human = self._world.human(person_id)
        message = self._world.message(chat_id or person_id, message_id)
        if message is None or message.sender_id != self._world.bot_id:
            raise PeopleError(404, "there is no such message with buttons")
        if human.blocked and not chat_id:
            raise PeopleError(409, "the bot is blocked: unblock it first")
        self._forget_presses(now)
        number = str(self._world.random.getrandbits(62))
        press = Press(number, person_id, message.chat_id, message_id, stamp(now))
        query: Json = {
            "id": number,
            "from": human.user(),
            "message": self._world.shown(message),
            "chat_instance": str(message.chat_id * 7919),
            "data": data,
        }
        self._world.keep_press(press)
        self._world.updates.add("callback_query", query, now)
        return press

    def _forget_presses(self, now: datetime) -> None:
        """Those nobody answered in time can no longer be answered."""
        limit = PRESS_ANSWERABLE_FOR.total_seconds()
        for press in [p for p in self._world.presses.values() if stamp(now) - p.at > limit]:
            self._world.drop_press(press.id)

    def block(self, person_id: int, blocked: bool, now: datetime) -> None:
        """Block or unblock the bot; it hears of it by my_chat_member."""
        human = self._world.human(person_id)
        if human.blocked == blocked:
            return
        human.blocked = blocked
        self._world.keep_human(human)
        if human.started:
            before, after = ("member", "kicked") if blocked else ("kicked", "member")
            self._member(human, human.chat(), before, after, now)

    def read(self, person_id: int, message_id: int) -> None:
        """The person has seen the chat up to this message."""
        human = self._world.human(person_id)
        newest = max((message.message_id for message in self._world.messages(person_id)), default=0)
        if human.read < min(message_id, newest):
            human.read = min(message_id, newest)
            self._world.keep_human(human)

    def make_group(self, person_id: int, title: str, now: datetime) -> Group:
        """A group of the person and the bot."""
        human = self._world.human(person_id)
        group = self._world.add_group(title, person_id)
        self._set_bot(group, human, "member", now)
        content = {"group_chat_created": True}
        message = self._world.add_message(group.id, person_id, content, now)
        self._world.updates.add("message", self._world.shown(message), now)
        return group

    def remove_bot(self, person_id: int, group_id: int, now: datetime) -> None:
        group = self._world.groups.get(group_id)
        if group is None or person_id not in group.members:
            raise PeopleError(404, "there is no such group with this person")
        self._set_bot(group, self._world.human(person_id), "kicked", now)

    def _set_bot(self, group: Group, by: Human, status: str, now: datetime) -> None:
        before, group.bot = group.bot, status
        self._world.keep_group(group)
        self._member(by, group.chat(), before, status, now)

    def _member(self, by: Human, chat: Json, before: str, after: str, now: datetime) -> None:
        bot = self._world.bot_user()
        change: Json = {
            "chat": chat,
            "from": by.user(),
            "date": stamp(now),
            "old_chat_member": _member(bot, before),
            "new_chat_member": _member(bot, after),
        }
        self._world.updates.add("my_chat_member", change, now)


def _member(bot: Json, status: str) -> Json:
    member: dict[str, Any] = {"user": bot, "status": status}
    return {**member, "until_date": 0} if status == "kicked" else member


def _content(text: str, field: str) -> Json:
    body = formatted(text)
    content: Json = {field: body.text}
    return {**content, _entities(field): list(body.entities)} if body.entities else content


def _entities(field: str) -> str:
    return "entities" if field == "text" else "caption_entities"
