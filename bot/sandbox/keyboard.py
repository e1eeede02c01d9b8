"""Inline keyboards: the shape and the sizes Telegram accepts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.refusals import ApiError, bad_request
from bot.sandbox.text import Json

Keyboard = list[list[Json]]

MAX_DATA_BYTES = 64
MAX_BUTTONS = 100


def parse_markup(markup: Any) -> Keyboard | None:
    """Rows of checked buttons, or None where there are none.

    Raises `ApiError` in Telegram's words; reply keyboards, which the stand-in cannot show, are refused too.
    """
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if markup.get("keyboard") or markup.get("remove_keyboard") or markup.get("force_reply"):
        raise bad_request("this stand-in shows inline keyboards only")
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    keyboard = [_row(row) for row in rows]
    if sum(len(row) for row in keyboard) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return [row for row in keyboard if row] or None


def _row(row: Any) -> list[Json]:
    if not isinstance(row, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return [_button(button) for button in row]


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _cannot("InlineKeyboardButton must be an Object")
    text = button.get("text")
    if text is None:
        raise _cannot('Can\'t find field "text"')
    if not isinstance(text, str):
        raise _cannot('Field "text" must be of type String')
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if button.get("url"):
        return {"text": text, "url": _url(button["url"])}
    if "callback_data" in button:
        return {"text": text, "callback_data": _data(button["callback_data"])}
    raise _cannot("Text buttons are unallowed in the inline keyboard")


def _data(data: Any) -> str:
    if not isinstance(data, str):
        raise _cannot('Field "callback_data" must be of type String')
    if not 1 <= len(data.encode()) <= MAX_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return data


def _url(url: Any) -> str:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https", "tg") or not parts.netloc:
        raise bad_request("inline keyboard button URL is invalid: Wrong HTTP URL")
    return str(url)


def _cannot(reason: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {reason}")
