"""Raw updates, before python-telegram-bot sees them: just enough to store them safely.

Nothing here may fail on any JSON Telegram could send: an update that cannot be understood is
stored all the same and goes to the dead letters later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

import structlog

from bot.core.ports import DangerScan, IncomingUpdate

log = structlog.get_logger()

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""Set at every start, because Telegram keeps the list of an earlier start otherwise."""


SHORT = 160
"""A longer text is complete in itself and waits for nothing."""


def incoming(update: object, scan: DangerScan, look: DangerScan | None = None) -> IncomingUpdate | None:
    """An update to be stored, with its danger words already looked for; None without an id.

    ``look`` sees more than the words, such as a model: what it sees keeps a text from waiting.
    """
    if not isinstance(update, Mapping):
        return None
    update_id = update.get("update_id")
    if not _is_id(update_id):
        return None
    text = _plain_text(update)
    short = bool(text) and len(text) <= SHORT
    try:
        danger = tuple(sorted({hit.name for words in _texts(update) for hit in scan.scan(words)}))
        patient = short and not danger and not (look is not None and look.scan(text))
    except Exception as error:  # not stored, it would come again and again, and all others behind it
        log.error("update_not_scanned", error=type(error).__name__)
        danger, patient = (), False
    raw = json.dumps(update, ensure_ascii=False)
    return IncomingUpdate(update_id, raw, _chat_id(update), danger, plain=bool(text), patient=patient)


def _plain_text(update: Mapping[str, Any]) -> str:
    """A new text in a private chat that is no command and nobody else's; otherwise an empty string."""
    message = update.get("message")
    if not isinstance(message, Mapping) or not is_private(update):
        return ""
    text = message.get("text")
    if not isinstance(text, str) or text.startswith("/") or {"forward_origin", "via_bot"} & set(message):
        return ""
    return text.strip()


def client_language(update: Mapping[str, Any]) -> str:
    """The language of the sender's Telegram client, or an empty string."""
    for kind in ALLOWED_UPDATES:
        sender = _get(update, kind, "from")
        if isinstance(sender, Mapping) and isinstance(sender.get("language_code"), str):
            return str(sender["language_code"])[:16]
    return ""


def is_private(update: Mapping[str, Any]) -> bool:
    """Whether an update comes from a private chat, the only place where guidance is given."""
    for kind in ALLOWED_UPDATES:
        chat = _get(update, kind, "chat") or _get(update, kind, "message", "chat")
        if isinstance(chat, Mapping):
            return chat.get("type") == "private"
    return False


def _texts(update: Mapping[str, Any]) -> list[str]:
    found = []
    for kind in ("message", "edited_message"):
        for key in ("text", "caption"):
            value = _get(update, kind, key)
            if isinstance(value, str):
                found.append(value)
    return found


def _chat_id(update: Mapping[str, Any]) -> int | None:
    for kind in ALLOWED_UPDATES:
        for path in (("chat", "id"), ("message", "chat", "id")):
            value = _get(update, kind, *path)
            if _is_id(value):
                return value
    return None


def _is_id(value: object) -> TypeGuard[int]:
    """Whether this is a number that the database can keep."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _get(value: object, *path: str) -> object:
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
