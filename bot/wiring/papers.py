"""Makes the files that messages name: words from the content, set by Typst."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from functools import lru_cache

from bot.core.handout import Document, Handout
from bot.core.ports import Clock, Paper, Renderer
from bot.handouts.pdf import pdf

KEPT = 64
"""Pages kept once set: a class of teachers asks for the same ones on the same day."""


class PaperMaker:
    """`bot.core.ports.Papers` over the content of now."""

    def __init__(self, renderer: Renderer, clock: Clock) -> None:
        self._renderer = renderer
        self._clock = clock

    async def make(self, document: Document) -> Paper:
        """Raises `HandoutError` or `ContentError` where it cannot be made."""
        now = self._clock.now()
        handout = self._renderer.handout(document, now)
        midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        data = await asyncio.to_thread(_set, handout, midnight)
        return Paper(f"amparo_{document.name}_{document.language}.pdf", data)


@lru_cache(maxsize=KEPT)
def _set(handout: Handout, day: datetime) -> bytes:
    return pdf(handout, day)
