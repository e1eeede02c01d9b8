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
from tests.rasa_talk import RasaTalk, rasa_talk
from tests.whole import Whole, whole_bot


@pytest.fixture
async def whole(tmp_path: Path, library: Library, matcher: Matcher) -> AsyncIterator[Whole]:
    book = Phrasebook(library.responses)
    url = f"sqlite:///{tmp_path / 'amparo.db'}"
    async with whole_bot(url, [KEY], PEPPER, book, LocalReader(matcher), matcher.patterns) as bot:
        yield bot


@pytest.fixture
async def rasa(tmp_path: Path, library: Library, matcher: Matcher) -> AsyncIterator[RasaTalk]:
    """The same bot, talked to through the action server."""
    book = Phrasebook(library.responses)
    url = f"sqlite:///{tmp_path / 'amparo.db'}"
    reader, patterns = LocalReader(matcher), matcher.patterns
    async with rasa_talk(url, [KEY], PEPPER, book, reader, patterns, library.taxonomy) as talk:
        yield talk
