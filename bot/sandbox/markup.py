"""Telegram's HTML. It is not the HTML of browsers: few tags, strict nesting, errors with byte offsets.

The standard library's parser forgives what Telegram refuses, so the rules of TDLib's
``parse_html`` (td/telegram/MessageEntity.cpp) are written out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.sandbox.refusals import ApiError, bad_request
from bot.sandbox.text import Formatted, Span, formatted

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-f]{1,8})|#([0-9]{1,8})|(lt|gt|amp|quot)(?![a-z]));?", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9.-]*", re.ASCII)
_SPACE = " \t\r\n\v\0"
_END = "\0"


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    argument: str
    start: int


def parse(text: str, parse_mode: str) -> Formatted:
    """Text and entities of a ``parse_mode`` ("" or "HTML"). Raises `ApiError` in Telegram's words."""
    match parse_mode.lower():
        case "" | "none":
            return formatted(text)
        case "html":
            return _Html(text).parse()
        case _:
            raise bad_request("unsupported parse_mode")


class _Html:
    """One pass over the text; ``_END`` stands behind the last character so that no look-ahead fails."""

    def __init__(self, text: str) -> None:
        self._text = text.replace(_END, " ") + _END
        self._at = 0
        self._out: list[str] = []
        self._open: list[_Open] = []
        self._spans: list[Span] = []

    def parse(self) -> Formatted:
        while self._at < len(self._text) - 1:
            character = self._text[self._at]
            if character == "<":
                self._tag()
            elif character == "&":
                self._out.append(self._reference())
            else:
                self._out.append(character)
                self._at += 1
        if self._open:
            raise _cannot(f"Can't find end tag corresponding to start tag {self._open[-1].tag}")
        return formatted("".join(self._out), self._spans)

    def _tag(self) -> None:
        begin = self._at
        self._at += 1
        if self._text[self._at] == "/":
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _start_tag(self, begin: int) -> None:
        name = self._until(">").lower()
        if self._text[self._at] == _END:
            raise self._cannot_at("Unclosed start tag", begin)
        if name not in _KINDS:
            raise self._cannot_at(f'Unsupported start tag "{name}"', begin)
        argument = self._attributes(name, begin)
        self._at += 1
        if name == "span" and argument != "tg-spoiler":
            raise self._cannot_at('Tag "span" must have class "tg-spoiler"', begin)
        self._open.append(_Open(name, argument, len(self._out)))

    def _attributes(self, tag: str, begin: int) -> str:
        """Read up to the ``>``; the value of the one attribute that matters for the tag."""
        wanted = {"a": "href", "span": "class"}.get(tag)
        argument = ""
        while True:
            self._skip_space()
            if self._text[self._at] == ">":
                return argument
            name = self._until("=>") if tag == "blockquote" else self._until("=")
            if tag == "blockquote" and name == "expandable":
                continue
            value = self._attribute_value(tag, name, begin)
            if name == wanted:
                argument = value

    def _attribute_value(self, tag: str, name: str, begin: int) -> str:
        if not name:
            raise self._cannot_at(f'Empty attribute name in the tag "{tag}"', begin)
        self._skip_space()
        if self._text[self._at] != "=":
            raise self._cannot_at(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}"', begin
            )
        self._at += 1
        self._skip_space()
        if self._text[self._at] == _END:
            raise self._cannot_at(f'Unclosed start tag "{tag}"', begin)
        value = self._quoted() if self._text[self._at] in "'\"" else self._token()
        if self._text[self._at] == _END:
            raise self._cannot_at("Unclosed start tag", begin)
        return value

    def _quoted(self) -> str:
        quote, value = self._text[self._at], []
        self._at += 1
        while self._text[self._at] not in (quote, _END):
            if self._text[self._at] == "&":
                value.append(self._reference())
            else:
                value.append(self._text[self._at])
                self._at += 1
        if self._text[self._at] == quote:
            self._at += 1
        return "".join(value)

    def _token(self) -> str:
        begin = self._at
        match = _TOKEN.match(self._text, begin)
        self._at = match.end() if match else begin
        if self._text[self._at] not in _SPACE + ">":
            raise self._cannot_at("Unexpected end of name token", begin)
        return self._text[begin : self._at].lower()

    def _end_tag(self, begin: int) -> None:
        if not self._open:
            raise self._cannot_at("Unexpected end tag", begin)
        self._at += 1
        name = self._until(">").lower()
        self._skip_space()
        if self._text[self._at] != ">":
            raise self._cannot_at("Unclosed end tag", begin)
        opened = self._open.pop()
        if name and name != opened.tag:
            found = f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{opened.tag}>"'
            raise _cannot(f'{found}, found "</{name}>"')
        self._at += 1
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        end = len(self._out)
        if end == opened.start:
            return
        if opened.tag == "a":
            url = _link(opened.argument or "".join(self._out[opened.start :]))
            if url:
                self._spans.append(Span("text_link", opened.start, end, url))
        else:
            self._spans.append(Span(_KINDS[opened.tag], opened.start, end))

    def _reference(self) -> str:
        """The character a reference stands for; an unknown reference is ordinary text."""
        match = _REFERENCE.match(self._text, self._at)
        character = _decoded(match) if match else ""
        if not character or match is None:
            self._at += 1
            return "&"
        self._at = match.end()
        return character

    def _until(self, stops: str) -> str:
        begin = self._at
        while self._text[self._at] not in stops and self._text[self._at] not in _SPACE:
            self._at += 1
        return self._text[begin : self._at]

    def _skip_space(self) -> None:
        while self._text[self._at] in _SPACE and self._text[self._at] != _END:
            self._at += 1

    def _bytes(self, position: int) -> int:
        return len(self._text[:position].encode())

    def _cannot_at(self, reason: str, position: int) -> ApiError:
        return _cannot(f"{reason} at byte offset {self._bytes(position)}")


def _decoded(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name.lower()]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code < 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return ""
    return chr(code)


def _link(url: str) -> str:
    """The address Telegram would accept; empty where it would drop the link."""
    url = url.strip()
    if "://" not in url and not url.startswith(("mailto:", "tel:")):
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    known = parts.scheme in ("http", "https", "tg", "tel", "mailto")
    dotted = parts.scheme not in ("http", "https") or "." in (parts.hostname or "")
    return url if known and dotted and not any(character in url for character in ' \n<>"') else ""


def _cannot(reason: str) -> ApiError:
    return bad_request(f"can't parse entities: {reason}")
