"""Sets a page with Typst. Its fonts travel with the package, so that every machine prints the same letters."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typst

from bot.core.handout import Handout
from bot.errors import HandoutError

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "page.typ"
FONTS = _HERE / "fonts"


SIZES = (
    *((1, size) for size in (12.0, 11.4, 10.8, 10.2, 9.8, 9.4, 9.1)),
    *((2, size) for size in (11.6, 11.0, 10.4, 9.8, 9.2)),
)
"""Most pages and size of the letters in points, tried in turn: one sheet of paper first, then larger letters."""

Inputs = dict[str, str]


def pdf(handout: Handout, at: datetime) -> bytes:
    """The page as PDF; ``at`` is the time written into it. Raises `HandoutError` where it cannot be set.

    The texts go in as JSON, so nothing in them can be read as markup; no font of the machine is used.
    """
    data = json.dumps(asdict(handout), ensure_ascii=False)
    try:
        for most, size in SIZES:
            inputs = {"data": data, "size": str(size)}
            if _pages(inputs) <= most:
                return _compiled(inputs, at)
    except RuntimeError as error:
        raise HandoutError("a page could not be set") from error
    raise HandoutError("a page is longer than a sheet of paper")


def _pages(inputs: Inputs) -> int:
    found = typst.query(
        str(_TEMPLATE),
        "<pages>",
        field="value",
        one=True,
        root=str(_HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs=inputs,
    )
    return int(json.loads(found))


def _compiled(inputs: Inputs, at: datetime) -> bytes:
    made = typst.compile(
        str(_TEMPLATE),
        root=str(_HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs=inputs,
        timestamp=int(at.timestamp()),
        pdf_standards="ua-1",
    )
    if not isinstance(made, bytes):
        raise HandoutError("a page could not be set")
    return made
