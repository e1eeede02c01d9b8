"""A slow Rasa server never keeps the database waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.content.library import Library
from bot.content.markup import strip
from bot.content.phrasebook import Phrasebook
from bot.core.effects import Audience, Phrase, Say
from bot.core.ports import IncomingUpdate
from bot.core.reading import Ranked, Reading
from bot.core.taxonomy import OUT_OF_SCOPE
from bot.matching.patterns import PatternLayer
from bot.matching.rasa import RasaParser, http_client
from bot.matching.remote import RemoteReader
from tests.clock import FixedClock
from tests.conftest import KEY, PEPPER
from tests.fake_rasa import FakeRasa
from tests.whole import Whole, whole_bot


class Lost:
    """A local matcher that understands nothing."""

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        return Reading(text, "es", 0.9, (Ranked(OUT_OF_SCOPE, 0.9),), words=4)


@pytest.fixture
def server() -> FakeRasa:
    return FakeRasa({"thanks": 0.9})


@pytest.fixture
async def whole(database_url: str, library: Library, server: FakeRasa) -> AsyncIterator[Whole]:
    client = http_client("http://rasa.test", seconds=5, transport=httpx.ASGITransport(server.app))
    parser = RasaParser(client, library.taxonomy.intents)
    ahead = database_url.startswith("sqlite")
    reader = RemoteReader(Lost(), parser, FixedClock(), ahead=ahead, budget=5)
    patterns = PatternLayer(library.training.rules)
    book = Phrasebook(library.responses)
    async with whole_bot(database_url, [KEY], PEPPER, book, reader, patterns) as bot:
        yield bot
    await reader.close()


async def test_others_can_write_while_the_server_is_being_asked(whole: Whole, server: FakeRasa) -> None:
    """On SQLite an open turn would hold the one writer; on PostgreSQL only this chat waits."""
    stored = []

    async def meanwhile() -> None:
        async with asyncio.timeout(3):
            await whole.store.inbox.store(whole.bot_id + 1, [IncomingUpdate(1, "{}", 5)])
        stored.append(True)

    server.hook = meanwhile
    answers = await whole.say("muchas gracias por todo")
    assert stored == [True]
    say = Say((Phrase("everyday.thanks"),))
    (thanks,) = whole.book.render(say, Audience("es"), whole.clock.now())
    assert [answer.text for answer in answers] == [strip(thanks.html)]
    assert server.texts == ["muchas gracias por todo"]


async def test_a_server_away_leaves_the_answer_to_the_local_matcher(whole: Whole, server: FakeRasa) -> None:
    server.behaviour = "error"
    assert len(await whole.say("muchas gracias por todo")) == 1
