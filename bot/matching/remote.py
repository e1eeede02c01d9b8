"""Lets a Rasa server name the intent; language, entities and above all flags are read here too.

Whatever the server does, a reading comes within `BUDGET`: slow, away or wrong, the local matcher
stands in. Where a turn must not wait for the network with the database in its hand (SQLite has one
writer), the reader asks ahead: see `RemoteReader.read`.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram

from bot.core.ports import Clock, TextReader
from bot.core.reading import Ranked, Reading
from bot.core.taxonomy import Priority
from bot.core.triage import priority_of, with_intents
from bot.errors import NotReadYet
from bot.matching.breaker import Breaker
from bot.matching.rasa import RasaError, RasaParser

log = structlog.get_logger()

BUDGET = 0.25
"""Seconds for the server; with the local reading that stays under the 300 ms a person may notice."""

_KEPT = timedelta(seconds=30)
_MOST_KEPT = 1024

READINGS = Counter(
    "amparo_remote_readings_total",
    "Texts for which a Rasa server was to name the intent, by what came of it",
    ["outcome"],
)
SECONDS = Histogram(
    "amparo_remote_reading_seconds",
    "Time until a Rasa server had answered, or had failed to",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 1.0),
)


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """What the server said of a text, or None where it could not, and until when that counts."""

    ranking: tuple[Ranked, ...] | None
    until: datetime


class RemoteReader:
    """A `TextReader` that asks a Rasa server.

    Args:
        local: reads everything, and stands in where the server does not answer.
        parser: the server.
        clock: the time, for the breaker and for what was asked ahead.
        ahead: refuse to wait inside `read`; the caller asks ahead instead.
        budget: seconds within which the server must have answered.
    """

    def __init__(
        self,
        local: TextReader,
        parser: RasaParser,
        clock: Clock,
        *,
        ahead: bool = False,
        budget: float = BUDGET,
    ) -> None:
        self._local = local
        self._parser = parser
        self._clock = clock
        self._ahead = ahead
        self._budget = budget
        self._breaker = Breaker(clock)
        self._foreseen: OrderedDict[bytes, _Foreseen] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[None]] = {}

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        """The local reading with the server's ranking of intents, where one came in time.

        A text that shows danger is answered from the local reading at once: no intent changes that.

        Raises:
            NotReadYet: in the mode ``ahead``, for a text not asked ahead of: leave the transaction,
                await its ``prepare``, and begin the turn anew.
            MatcherUnavailable: as the local reader does; then the patterns alone go on.
        """
        reading = await self._local.read(text, language_hint=language_hint)
        if (priority_of(reading.flag_names, reading.intent.name) or 0) > Priority.ROUTINE:
            return reading
        known = self._recall(text)
        if known is None and self._ahead:
            raise NotReadYet(lambda: self.foresee(text))
        ranking = await self._ask(text) if known is None else known.ranking
        return reading if ranking is None else with_intents(reading, ranking)

    async def foresee(self, text: str) -> None:
        """Ask now, so that `read` has the answer, or knows that there is none, for some seconds."""
        if self._recall(text) is not None:
            return
        digest = _digest(text)
        task = self._asking.get(digest)
        if task is None:  # several lanes may come upon the same update at once
            task = self._asking[digest] = asyncio.create_task(self._keep(digest, text))
            task.add_done_callback(lambda _: self._asking.pop(digest, None))
        await asyncio.shield(task)

    async def _keep(self, digest: bytes, text: str) -> None:
        ranking = await self._ask(text)
        self._foreseen[digest] = _Foreseen(ranking, self._clock.now() + _KEPT)
        while len(self._foreseen) > _MOST_KEPT:
            self._foreseen.popitem(last=False)

    async def close(self) -> None:
        """Give back the connections."""
        await self._parser.close()

    def _recall(self, text: str) -> _Foreseen | None:
        found = self._foreseen.get(_digest(text))
        return found if found is not None and self._clock.now() < found.until else None

    async def _ask(self, text: str) -> tuple[Ranked, ...] | None:
        if not self._breaker.allows():
            READINGS.labels("resting").inc()
            return None
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._budget):
                ranking = await self._parser.ranking(text)
        except (TimeoutError, RasaError) as error:
            reason = error.reason if isinstance(error, RasaError) else "timeout"
            self._failed(reason, time.perf_counter() - started)
            return None
        SECONDS.observe(time.perf_counter() - started)
        READINGS.labels("answered").inc()
        if self._breaker.open:
            log.info("remote_matcher_back")
        self._breaker.worked()
        return ranking

    def _failed(self, reason: str, seconds: float) -> None:
        SECONDS.observe(seconds)
        READINGS.labels(reason).inc()
        self._breaker.failed()
        milliseconds = round(seconds * 1000)
        log.warning(
            "remote_matcher_failed", reason=reason, milliseconds=milliseconds, resting=self._breaker.open
        )


def _digest(text: str) -> bytes:
    """What was asked ahead is found by a digest: no words are kept beyond the turn."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
