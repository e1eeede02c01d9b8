"""Facts stand once, in the directory: no number of a service and no link inside a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bot.content.checks.walk import all_texts
from bot.content.findings import Finding
from bot.content.library import Library

_LINK = re.compile(
    r"https?://|www\.|\b[a-z0-9-]+\.(?:com|org|net|gob|gov|edu|int|info)\b|@[A-Za-z_]{3,}", re.I
)
_NUMBER = re.compile(r"(?<![\w.,])\+?\d(?:[\d\s().-]*\d)?")
_LONGEST_NUMBER = 2
"""Ages, minutes and counts have two digits; three or more could be a telephone number."""


def check(library: Library, _: date) -> Iterator[Finding]:
    for place in all_texts(library.responses):
        if _LINK.search(place.text):
            message = (
                f"no link or address in the {place.what}; it belongs into contacts, platforms or services"
            )
            yield Finding(place.file, place.line, "link-in-text", message)
        for match in _NUMBER.finditer(place.text):
            if sum(c.isdigit() for c in match.group()) > _LONGEST_NUMBER:
                message = (
                    f"“{match.group()}” in the {place.what} looks like a telephone number; use the directory"
                )
                yield Finding(place.file, place.line, "number-in-text", message)
