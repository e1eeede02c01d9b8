"""The real matcher and the real texts for whole conversations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.content.library import Library
from bot.content.phrasebook import Phrasebook
from bot.matching.matcher import Matcher
from bot.wiring.live import LocalReader
from tests.conftest import KEY, PEPPER
from tests.whole import Whole, whole_bot


@pytest.fixture
async def whole(tmp_path: Path, library: Library, matcher: Matcher) -> AsyncIterator[Whole]:
    book = Phrasebook(library.responses)
    url = f"sqlite:///{tmp_path / 'amparo.db'}"
    async with whole_bot(url, [KEY], PEPPER, book, LocalReader(matcher), matcher.patterns) as bot:
        yield bot
