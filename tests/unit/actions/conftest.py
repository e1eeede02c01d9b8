"""The action server on a socket, with a matcher that understands one thing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.content.library import Library
from bot.content.phrasebook import Phrasebook
from bot.core.reading import Ranked, Reading
from bot.matching.patterns import PatternLayer
from tests.conftest import KEY, PEPPER
from tests.rasa_talk import RasaTalk, rasa_talk


class Plain:
    """Reads danger by patterns and takes everything else for a greeting."""

    def __init__(self, patterns: PatternLayer) -> None:
        self._patterns = patterns
        self.broken = False

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        if self.broken:
            raise RuntimeError(text)
        flags = self._patterns.scan(text)
        return Reading(text, "es", 0.9, (Ranked("greet", 0.9),), flags, words=len(text.split()))


@pytest.fixture(scope="session")
def patterns(library: Library) -> PatternLayer:
    return PatternLayer(library.training.rules)


@pytest.fixture(scope="session")
def book(library: Library) -> Phrasebook:
    return Phrasebook(library.responses)


@pytest.fixture
def reader(patterns: PatternLayer) -> Plain:
    return Plain(patterns)


@pytest.fixture
async def talk(
    tmp_path: Path,
    sqlite_template: Path,
    library: Library,
    patterns: PatternLayer,
    book: Phrasebook,
    reader: Plain,
) -> AsyncIterator[RasaTalk]:
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'amparo.db')}"
    async with rasa_talk(url, [KEY], PEPPER, book, reader, patterns, library.taxonomy) as opened:
        yield opened
