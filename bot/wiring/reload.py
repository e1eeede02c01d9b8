"""Takes edits of ``intents/`` and ``responses/`` into use while the bot runs.

Words are in use at once, danger patterns too; new examples are learned in a process of their own, with the old
model at work until the new one is there. An edit with an error changes nothing: the last good content stays, and
staff see what is wrong with the edit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import structlog
from watchfiles import Change, awatch

from bot.content.findings import Finding, Severity
from bot.content.library import Library, load, read_responses
from bot.content.phrasebook import Phrasebook
from bot.core.content_state import ContentProblem, ContentState
from bot.core.nlu import TrainingData
from bot.core.ports import Clock
from bot.errors import ContentError, ModelError
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer
from bot.matching.train import data_hash
from bot.settings import Settings
from bot.wiring.checking import findings_of
from bot.wiring.live import LiveBook, LiveScan, LocalReader

log = structlog.get_logger()

_SHOWN = 20
"""Problems shown to staff; the rest is in `amparo check`."""
_AGAIN_SECONDS = 60.0
"""Until the folders are watched again after the system refused to."""

Learn = Callable[[], Awaitable[Model]]


class Reloader:
    """Keeps the live parts in step with the files.

    ``learn`` gives the model of the examples as they are in the files; it may take a minute and must not block.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        library: Library,
        book: LiveBook,
        scan: LiveScan,
        reader: LocalReader,
        learn: Learn,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._library = library
        self._learned = library.training
        self._book, self._scan, self._reader = book, scan, reader
        self._learn = learn
        self._learning: asyncio.Task[None] | None = None
        self.state = ContentState(clock.now())

    async def run(self) -> None:
        """Watch both folders until cancelled."""
        try:
            while True:
                try:
                    async for paths in _changes(self._settings.intents_dir, self._settings.responses_dir):
                        await self.reload(paths)
                except (OSError, RuntimeError) as error:
                    log.warning("content_not_watched", error=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            await self._stop()

    async def reload(self, changed: Iterable[Path]) -> None:
        """Take the files as they are now into use, or keep what is in use and say why."""
        intents = self._settings.intents_dir.resolve()
        words_only = not any(path.resolve().is_relative_to(intents) for path in changed)
        try:
            library, findings = await asyncio.to_thread(self._read, words_only)
        except Exception as error:  # A fault in a check must not stop people from being answered.
            log.error("content_not_checked", error=type(error).__name__)
            message = f"the check itself failed ({type(error).__name__}); run amparo check"
            self._refuse([Finding("responses", 0, "check-failed", message)])
            return
        errors = [item for item in findings if item.severity is Severity.ERROR]
        try:
            book = None if errors else Phrasebook(library.responses, today=self._today)
        except ContentError as error:
            errors = [Finding("responses", 0, "no-language", str(error))]
        if errors or book is None:
            self._refuse(errors)
            return
        self._library = library
        self._book.now = book
        self.state = replace(self.state, since=self._clock.now(), problems=())
        log.info("content_in_use", warnings=len(findings))
        if not words_only:
            self._take_patterns(library.training)
            self._start_learning()

    async def learned(self) -> None:
        """Return once no model is being trained any more."""
        if self._learning is not None:
            await self._learning

    def _read(self, words_only: bool) -> tuple[Library, list[Finding]]:
        settings = self._settings
        if not words_only:
            library = load(settings.intents_dir, settings.responses_dir)
            return library, findings_of(library, self._today())
        findings: list[Finding] = []
        responses = read_responses(settings.responses_dir, findings)
        library = replace(self._library, responses=responses, findings=tuple(findings))
        return library, findings_of(library, self._today())

    def _refuse(self, errors: list[Finding]) -> None:
        problems = tuple(ContentProblem(item.file, item.line, item.message) for item in errors[:_SHOWN])
        self.state = replace(self.state, problems=problems)
        first = errors[0]
        log.error(
            "content_refused", errors=len(errors), file=first.file, line=first.line, code=first.code,
            hint="the last good content stays in use; run amparo check",
        )  # fmt: skip

    def _take_patterns(self, training: TrainingData) -> None:
        """New danger patterns beside the old model, which goes on with the words it was trained with."""
        patterns = PatternLayer(training.rules)
        self._reader.now = Matcher(self._reader.now.model, patterns, self._learned.entities)
        self._scan.now = patterns

    def _start_learning(self) -> None:
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self._learn_newest())

    async def _learn_newest(self) -> None:
        """Learn until the model fits the examples, which may change while it is trained."""
        try:
            while data_hash(self._library.training) != self._reader.now.model.data_hash:
                self.state = replace(self.state, learning=True)
                training = self._library.training
                log.info("learning", examples=len(training.examples))
                model = await self._learn()
                if model.data_hash == data_hash(training):
                    patterns = PatternLayer(self._library.training.rules)
                    self._reader.now = Matcher(model, patterns, training.entities)
                    self._learned = training
                    log.info("learned", examples=len(training.examples))
                elif training is self._library.training:
                    raise ModelError("the examples changed while they were learned")
        except (ModelError, OSError) as error:
            log.error("learning_failed", error=type(error).__name__, hint="the old model stays in use")
        finally:
            self.state = replace(self.state, learning=False)

    async def _stop(self) -> None:
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)

    def _today(self) -> date:
        return self._clock.now().date()


async def _changes(*folders: Path) -> AsyncIterator[list[Path]]:
    """The files that changed, gathered over a moment because an editor saves in several steps."""
    async for changes in awatch(*folders, watch_filter=_ours):
        yield [Path(path) for _, path in changes]


def _ours(_: Change, path: str) -> bool:
    """Content, or the link by which Kubernetes exchanges a whole folder at once."""
    name = Path(path).name
    return name.endswith(".yml") or name == "..data"
