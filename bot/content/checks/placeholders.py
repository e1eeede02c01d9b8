"""Placeholders: an unknown one would stay empty, a missing one would hide a fact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bot.content.checks.walk import all_texts
from bot.content.findings import Finding
from bot.content.library import Library
from bot.content.required import PLACEHOLDERS

_SLOT = re.compile(r"\{([^{}]*)\}")


def check(library: Library, _: date) -> Iterator[Finding]:
    for place in all_texts(library.responses):
        wanted = PLACEHOLDERS.get(place.key, frozenset())
        found = set(_SLOT.findall(place.text))
        for name in sorted(found - wanted - {"safe_word"}):
            known = ", ".join(f"{{{key}}}" for key in sorted(wanted | {"safe_word"}))
            message = f"{{{name}}} is not known in the {place.what}; only {known} can stand here"
            yield Finding(place.file, place.line, "unknown-placeholder", message)
        for name in sorted(wanted - found):
            message = f"{{{name}}} is missing in the {place.what}"
            yield Finding(place.file, place.line, "missing-placeholder", message)
        if place.text.count("{") != place.text.count("}"):
            yield Finding(place.file, place.line, "placeholder", f"a brace stands alone in the {place.what}")
