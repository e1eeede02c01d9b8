"""Updates to events, by python-telegram-bot's handlers and filters.

Handlers only translate: each puts an event into the slot of the update in work, and the turn
runs afterwards. Names, usernames, locations and files are not even looked at.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from telegram import Bot, Message, MessageOriginUser, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.core.cleantext import clean
from bot.core.dialogue.commands import command_of
from bot.core.events import AnyEvent, Blocked, Commanded, InGroup, Media, Pressed, Said, SentMedia, Unblocked
from bot.errors import UpdateError

_slot: ContextVar[list[AnyEvent]] = ContextVar("amparo_event")
_failure: ContextVar[list[Exception]] = ContextVar("amparo_failure")

_MEDIA = (
    (filters.PHOTO, Media.PHOTO),
    (filters.VIDEO | filters.VIDEO_NOTE | filters.ANIMATION, Media.VIDEO),
    (filters.VOICE | filters.AUDIO, Media.VOICE),
    (filters.Document.ALL, Media.DOCUMENT),
    (filters.Sticker.ALL, Media.STICKER),
    (filters.LOCATION | filters.VENUE, Media.LOCATION),
    (filters.CONTACT, Media.CONTACT),
    (filters.POLL, Media.POLL),
)


class Translator:
    """Turns raw updates into events. Start it before use: it asks Telegram who the bot is."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._application = _application(bot)

    async def start(self) -> None:
        await self._application.initialize()

    async def stop(self) -> None:
        await self._application.shutdown()

    async def event(self, raw: dict[str, Any]) -> AnyEvent | None:
        """The event in an update; None where there is nothing to answer.

        Raises `UpdateError` where the update cannot be understood.
        """
        try:
            update = Update.de_json(raw, self._bot)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise UpdateError(f"malformed update ({type(error).__name__})") from None
        events: list[AnyEvent] = []
        failures: list[Exception] = []
        _slot.set(events)
        _failure.set(failures)
        await self._application.process_update(update)
        if failures:
            raise UpdateError(f"update not understood ({type(failures[0]).__name__})") from None
        return events[0] if events else None


def _application(bot: Bot) -> Application[Any, Any, Any, Any, Any, Any]:
    application = ApplicationBuilder().bot(bot).updater(None).job_queue(None).build()
    private = filters.ChatType.PRIVATE
    application.add_handler(ChatMemberHandler(_on_member, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(CallbackQueryHandler(_on_press))
    application.add_handler(MessageHandler(~private, _on_group))
    application.add_handler(MessageHandler(private & filters.COMMAND, _on_command))
    application.add_handler(MessageHandler(private & filters.TEXT, _on_text))
    for kind, media in _MEDIA:
        application.add_handler(MessageHandler(private & kind, _on_media(media)))
    application.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, _on_media(Media.OTHER)))
    application.add_handler(TypeHandler(Update, _on_unknown))
    application.add_error_handler(_on_error)
    return application


def _client(update: Update) -> str:
    user = update.effective_user
    return ((user.language_code if user else "") or "")[:16]


def _at(message: Message | None) -> datetime:
    """When it was written; an edited message keeps its first date beside that of the edit."""
    date = (message.edit_date or message.date) if isinstance(message, Message) else None
    return date if date is not None else datetime.fromtimestamp(0, UTC)


async def _on_text(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    message = update.effective_message
    if message is None:
        return
    said = Said(
        at=_at(message),
        client_language=_client(update),
        text=clean(message.text or ""),
        edited=update.edited_message is not None,
        forwarded=_somebody_elses(message, update),
    )
    _slot.get().append(said)


async def _on_command(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    message = update.effective_message
    if message is None:
        return
    name, words = command_of(clean(message.text or message.caption or ""))
    _slot.get().append(Commanded(_at(message), _client(update), name=name, argument=words))


async def _on_press(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    query = update.callback_query
    if query is None:
        return
    if query.message is None or query.message.chat.type != ChatType.PRIVATE:
        return
    at = query.message.date if isinstance(query.message, Message) else datetime.fromtimestamp(0, UTC)
    _slot.get().append(Pressed(at, _client(update), payload=clean(query.data or "")[:64]))


def _on_media(media: Media) -> Any:
    async def handler(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None:
            return
        caption = clean(message.caption or "")
        _slot.get().append(SentMedia(_at(message), _client(update), media=media, caption=caption))

    return handler


async def _on_group(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    if update.effective_chat is not None and update.effective_chat.type != ChatType.CHANNEL:
        _slot.get().append(InGroup(_at(update.effective_message), _client(update)))


async def _on_member(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    change = update.my_chat_member
    if change is None:
        return
    gone = change.new_chat_member.status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
    if change.chat.type == ChatType.PRIVATE:
        kind = Blocked if gone else Unblocked
        _slot.get().append(kind(change.date, _client(update)))
    elif not gone and change.chat.type != ChatType.CHANNEL:
        _slot.get().append(InGroup(change.date, _client(update)))


async def _on_unknown(_: Update, __: ContextTypes.DEFAULT_TYPE) -> None:
    """An update of a kind nobody answers: stored, done, and no reply."""


async def _on_error(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    if context.error is not None:
        _failure.get().append(context.error)


def _somebody_elses(message: Message, update: Update) -> bool:
    """Whether the words are forwarded from somebody other than the writer, or written by a bot."""
    if message.via_bot is not None:
        return True
    origin = message.forward_origin
    if origin is None:
        return False
    user = update.effective_user
    own = isinstance(origin, MessageOriginUser) and user is not None and origin.sender_user.id == user.id
    return not own
