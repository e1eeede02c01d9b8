"""Tags: only b and i, closed where they are opened; buttons and titles have none; signs are written as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bot.content.checks.walk import all_texts
from bot.content.findings import Finding
from bot.content.library import Library
from bot.content.markup import balanced

_TAG = re.compile(r"<[^>]*>?")
_ENTITY = re.compile(r"&#?\w+;")


def check(library: Library, _: date) -> Iterator[Finding]:
    for place in all_texts(library.responses):
        if not balanced(place.text):
            message = f"only <b>…</b> and <i>…</i> are allowed, closed in order, in the {place.what}"
            yield Finding(place.file, place.line, "tags", message)
        if entity := _ENTITY.search(place.text):
            message = f"“{entity[0]}” would be shown as it stands in the {place.what}; write the sign itself"
            yield Finding(place.file, place.line, "entity", message)
        plain_only = place.key.startswith("buttons.") or place.part in ("title", "answer")
        if plain_only and _TAG.search(place.text):
            yield Finding(
                place.file, place.line, "tags", f"no tags in the {place.what}: a button shows them raw"
            )
