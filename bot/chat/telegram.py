"""The Bot client: how it is made, and Telegram's errors as ours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import urlencode

import httpx
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    WebhookInfo,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, HTTPXRequest

from bot.chat.profile import Presentation
from bot.core.effects import Message
from bot.core.ports import ChatId, Paper
from bot.errors import (
    ChatError,
    DeliveryError,
    DeliveryRejected,
    DeliveryRetry,
    DeliveryUncertain,
    DeliveryUnreachable,
)

# python-telegram-bot's own switch: times as timedelta, which become the only form; else it warns each time.
os.environ.setdefault("PTB_TIMEDELTA", "1")

DEFAULT_API = "https://api.telegram.org"
POLL_SECONDS = 25
"""How long Telegram holds a getUpdates open while there is nothing new."""

MOST_DELETED = 100
"""Messages that one deleteMessages takes (Bot API)."""

_NEVER_OPENED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GONE = ("chat not found", "user is deactivated", "bot can't initiate", "peer_id_invalid", "user not found")


class Client:
    """A Bot and the requests under it. ``request`` and ``poll_request`` are given by tests."""

    def __init__(
        self,
        token: str,
        api: str = DEFAULT_API,
        *,
        request: BaseRequest | None = None,
        poll_request: BaseRequest | None = None,
    ) -> None:
        base = f"{api.rstrip('/')}/bot"
        self._poll_request = poll_request or HTTPXRequest(
            connection_pool_size=2, read_timeout=POLL_SECONDS + 10
        )
        try:
            self.bot = Bot(
                token,
                base_url=base,
                request=request or HTTPXRequest(connection_pool_size=32),
                get_updates_request=self._poll_request,
            )
        except InvalidToken as error:
            raise ChatError("AMPARO_TELEGRAM_TOKEN is not a bot token (number:letters)") from error
        self._poll_url = f"{base}{token}/getUpdates"

    async def updates(self, offset: int, allowed: Sequence[str], seconds: int = POLL_SECONDS) -> list[object]:
        """One getUpdates, as raw JSON values: one that cannot be parsed must not hide the others.

        Raises `ChatError` where the token is refused or another program polls, `DeliveryRetry` otherwise.
        """
        names = ",".join(f'"{name}"' for name in allowed)
        query = urlencode(
            {"offset": offset, "timeout": seconds, "limit": 100, "allowed_updates": f"[{names}]"}
        )
        try:
            result = await self._poll_request.post(f"{self._poll_url}?{query}", read_timeout=seconds + 10)
        except (InvalidToken, Conflict) as error:
            raise ChatError(start_error(error)) from error
        except TelegramError as error:
            raise DeliveryRetry(type(error).__name__) from error
        return list(result) if isinstance(result, list) else []

    async def prepare(self) -> None:
        """Leave webhook mode, which excludes polling. Waiting updates are kept."""
        info = await self.bot.get_webhook_info()
        if info.url:
            await self.bot.delete_webhook(drop_pending_updates=False)

    async def webhook_info(self) -> WebhookInfo:
        """Telegram's own count of waiting updates and its list of kinds. Raises `DeliveryRetry`."""
        try:
            return await self.bot.get_webhook_info()
        except TelegramError as error:
            raise DeliveryRetry(type(error).__name__) from error

    async def send(self, chat_id: ChatId, message: Message) -> int:
        """Send a message; its id at Telegram. Raises one of the `DeliveryError`s."""
        try:
            sent = await self.bot.send_message(
                chat_id,
                message.html,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(message),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            raise delivery_error(error) from error
        return sent.message_id

    async def send_document(self, chat_id: ChatId, message: Message, paper: Paper) -> int:
        """Send a file with the message as its caption; as `send`."""
        try:
            sent = await self.bot.send_document(
                chat_id,
                InputFile(paper.data, filename=paper.name),
                caption=message.html,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(message),
            )
        except TelegramError as error:
            raise delivery_error(error) from error
        return sent.message_id

    async def wipe(self, chat_id: ChatId, message_ids: Sequence[int]) -> None:
        """Delete messages of the bot; those Telegram no longer has are skipped. Raises a `DeliveryError`."""
        try:
            for some in _chunks(message_ids):
                await self.bot.delete_messages(chat_id, list(some))
        except TelegramError as error:
            raise delivery_error(error) from error

    async def typing(self, chat_id: ChatId) -> None:
        """Show that an answer is on its way, for some seconds. Raises `TelegramError`."""
        await self.bot.send_chat_action(chat_id, ChatAction.TYPING)

    async def present(self, profile: Sequence[Presentation]) -> None:
        """Set commands and descriptions, a language at a time. Raises `TelegramError`."""
        for item in profile:
            code = item.language or None
            commands = [BotCommand(name, text) for name, text in item.commands]
            await self.bot.set_my_commands(commands, language_code=code)
            await self.bot.set_my_description(item.about, language_code=code)
            await self.bot.set_my_short_description(item.short, language_code=code)


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[at : at + MOST_DELETED] for at in range(0, len(ids), MOST_DELETED)]


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """The buttons under a message, or None."""
    if not message.buttons:
        return None
    rows = [[InlineKeyboardButton(b.label, callback_data=b.payload) for b in row] for row in message.buttons]
    return InlineKeyboardMarkup(rows)


def delivery_error(error: TelegramError) -> DeliveryError:
    """Telegram's refusal as one of our delivery errors: what may be tried again, and what may not.

    Only a connection that never opened, or an answer that says no, is certain not to have
    delivered; a time-out after that is uncertain, as Telegram has no key against doubles.
    """
    match error:
        case RetryAfter():
            return DeliveryRetry("flood control", retry_after=_seconds(error))
        case Forbidden():
            return DeliveryUnreachable("refused by the chat")
        case BadRequest():
            gone = any(words in str(error).lower() for words in _GONE)
            return DeliveryUnreachable("no such chat") if gone else DeliveryRejected("bad request")
        case NetworkError():
            return _network(error)
        case _:
            return DeliveryRetry(type(error).__name__)


def _network(error: NetworkError) -> DeliveryError:
    cause = error.__cause__
    if isinstance(cause, _NEVER_OPENED):
        return DeliveryRetry("not connected")
    if isinstance(error, TimedOut) or isinstance(cause, httpx.HTTPError):
        return DeliveryUncertain("no answer")
    return DeliveryRetry("server error")


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after if isinstance(after, int) else after.total_seconds())


def start_error(error: TelegramError) -> str:
    """What to do about an error at start, in plain words, without the token."""
    match error:
        case InvalidToken():
            return "Telegram does not know this token; check AMPARO_TELEGRAM_TOKEN"
        case Conflict():
            return "another program is receiving this bot's updates; stop it, or use another token"
        case _:
            return "Telegram cannot be reached; check the network and AMPARO_TELEGRAM_API"
