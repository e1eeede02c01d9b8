"""Telegram's HTML, safely: only ``<b>`` and ``<i>`` from our own files survive; all else is escaped.

Rules: https://core.telegram.org/bots/api#html-style; lengths count after entities are parsed, in
UTF-16 code units.
"""

from __future__ import annotations

import html
import re

MAX_LENGTH = 4096

_TAGS = re.compile(r"&lt;(/?[bi])&gt;")
_TAG = re.compile(r"</?[bi]>")


def from_content(text: str) -> str:
    """A text of ours as Telegram HTML: its own b and i kept, everything else escaped."""
    return _TAGS.sub(r"<\1>", html.escape(text, quote=False))


def escape(text: str) -> str:
    """Somebody else's words as Telegram HTML: nothing in them is markup."""
    return html.escape(text, quote=False)


def strip(text: str) -> str:
    """Telegram HTML as plain text."""
    return html.unescape(_TAG.sub("", text))


def length(text: str) -> int:
    """How Telegram counts a message: UTF-16 code units of the plain text."""
    return len(strip(text).encode("utf-16-le")) // 2


def balanced(text: str) -> bool:
    """Whether every b and i that is opened is closed, in order."""
    open_tags: list[str] = []
    for tag in re.findall(r"</?([bi])>|<(/?)([^>]*)>", text):
        if not tag[0]:
            return False
    for tag in _TAG.findall(text):
        if tag.startswith("</"):
            if not open_tags or open_tags.pop() != tag[2]:
                return False
        else:
            open_tags.append(tag[1])
    return not open_tags
