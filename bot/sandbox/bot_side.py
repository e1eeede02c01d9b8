"""What the bot may do in the world: send, edit, delete, answer presses. Refusals are Telegram's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.keyboard import Keyboard
from bot.sandbox.model import Message
from bot.sandbox.refusals import ApiError, bad_request, forbidden
from bot.sandbox.text import MAX_CAPTION, MAX_TEXT, Formatted, Json, utf16_length
from bot.sandbox.world import PRESS_ANSWERABLE_FOR, World, stamp

DELETABLE_FOR = timedelta(hours=48)


class BotSide:
    """The bot's hand in the world. Every method raises `ApiError`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def chat_id(self, raw: Any) -> int:
        """The id of a chat the bot knows: a person who wrote to it, or a group it was in."""
        if raw in (None, ""):
            raise bad_request("chat_id is empty")
        try:
            chat_id = int(raw)
        except (TypeError, ValueError, OverflowError):
            raise bad_request("chat not found") from None
        human = self._world.humans.get(chat_id)
        if (human is None or not human.started) and chat_id not in self._world.groups:
            raise bad_request("chat not found")
        return chat_id

    def writable(self, raw: Any) -> int:
        """As `chat_id`, and the bot may write there."""
        chat_id = self.chat_id(raw)
        human, group = self._world.humans.get(chat_id), self._world.groups.get(chat_id)
        if human is not None and human.blocked:
            raise forbidden("bot was blocked by the user")
        if group is not None and group.bot == "kicked":
            raise forbidden("bot was kicked from the group chat")
        if group is not None and group.bot == "left":
            raise forbidden("bot is not a member of the group chat")
        return chat_id

    def send_text(
        self, chat_id: int, body: Formatted, keyboard: Keyboard | None, reply_to: int, now: datetime
    ) -> Message:
        return self._send(chat_id, _text_content(body), keyboard, reply_to, now)

    def send_document(
        self,
        chat_id: int,
        document: Json,
        caption: Formatted,
        keyboard: Keyboard | None,
        reply_to: int,
        now: datetime,
    ) -> Message:
        content = {"document": document, **_caption_content(caption)}
        return self._send(chat_id, content, keyboard, reply_to, now)

    def _send(
        self, chat_id: int, content: Json, keyboard: Keyboard | None, reply_to: int, now: datetime
    ) -> Message:
        if reply_to and self._world.message(chat_id, reply_to) is None:
            raise bad_request("message to be replied not found")
        return self._world.add_message(
            chat_id, self._world.bot_id, content, now, keyboard=keyboard, reply_to=reply_to
        )

    def edit_text(
        self, chat_id: int, message_id: int, body: Formatted, keyboard: Keyboard | None, now: datetime
    ) -> Message:
        message = self._own(chat_id, message_id)
        if "text" not in message.content:
            raise bad_request("there is no text in the message to edit")
        return self._edit(message, _text_content(body), keyboard, now)

    def edit_keyboard(
        self, chat_id: int, message_id: int, keyboard: Keyboard | None, now: datetime
    ) -> Message:
        message = self._own(chat_id, message_id)
        return self._edit(message, message.content, keyboard, now)

    def _edit(self, message: Message, content: Json, keyboard: Keyboard | None, now: datetime) -> Message:
        if message.content == content and message.keyboard == keyboard:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        message.content, message.keyboard, message.edit_date = content, keyboard, stamp(now)
        self._world.changed(message)
        return message

    def delete(self, chat_id: int, message_id: int, now: datetime) -> None:
        """In a private chat either side's message, in a group the bot's own; younger than 48 hours."""
        message = self._world.message(chat_id, message_id)
        if message is None:
            raise bad_request("message to delete not found")
        foreign = chat_id in self._world.groups and message.sender_id != self._world.bot_id
        if foreign or stamp(now) - message.date > DELETABLE_FOR.total_seconds():
            raise bad_request("message can't be deleted")
        self._world.remove(message)

    def delete_many(self, chat_id: int, message_ids: list[int], now: datetime) -> None:
        """Those that can be deleted; the others are passed over, as at Telegram."""
        for message_id in message_ids:
            try:
                self.delete(chat_id, message_id, now)
            except ApiError:
                continue

    def answer_press(self, press_id: str, text: str, alert: bool, now: datetime) -> None:
        press = self._world.presses.get(press_id)
        if press is None or stamp(now) - press.at > PRESS_ANSWERABLE_FOR.total_seconds():
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if len(text) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        self._world.drop_press(press_id)
        self._world.journal.tell(
            "answered", person=press.person_id, chat=press.chat_id, press=press_id, text=text, alert=alert
        )

    def act(self, chat_id: int, action: str) -> None:
        """Show that the bot is typing, or whatever it does; lasts five seconds or until its next message."""
        self._world.journal.tell("action", chat=chat_id, action=action)

    def leave(self, chat_id: int) -> None:
        group = self._world.groups.get(chat_id)
        if group is None:
            raise bad_request("chat member status can't be changed in private chats")
        group.bot = "left"
        self._world.keep_group(group)

    def _own(self, chat_id: int, message_id: int) -> Message:
        message = self._world.message(chat_id, message_id)
        if message is None:
            raise bad_request("message to edit not found")
        if message.sender_id != self._world.bot_id:
            raise bad_request("message can't be edited")
        return message


def _text_content(body: Formatted) -> Json:
    if not body.text:
        raise bad_request("text must be non-empty")
    if utf16_length(body.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return {"text": body.text, **({"entities": list(body.entities)} if body.entities else {})}


def _caption_content(caption: Formatted) -> Json:
    if utf16_length(caption.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    if not caption.text:
        return {}
    return {"caption": caption.text, "caption_entities": list(caption.entities)}
