"""What the running parts hold of the content, so that it can be exchanged under them without a restart.

One call is answered by one edition of the content, never by two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot.content.phrasebook import Phrasebook
from bot.core.effects import Audience, Message, Say
from bot.core.handout import Document, Handout
from bot.core.lessons import CardFacts
from bot.core.reading import FlagHit, Reading
from bot.errors import MatcherUnavailable
from bot.matching.matcher import Matcher
from bot.matching.patterns import PatternLayer

log = structlog.get_logger()


class LiveBook:
    """The phrasebook of now as a `Renderer`."""

    def __init__(self, book: Phrasebook) -> None:
        self.now = book

    def safe_word(self) -> str:
        return self.now.safe_word()

    def draft(self, language: str) -> bool:
        return self.now.draft(language)

    def offered_languages(self) -> tuple[str, ...]:
        return self.now.offered_languages()

    def closest_language(self, code: str) -> str:
        return self.now.closest_language(code)

    def guidance_answers(self, intent: str) -> Sequence[Mapping[str, str]]:
        return self.now.guidance_answers(intent)

    def guidance_facts(self, intent: str) -> Mapping[str, tuple[str, ...]]:
        return self.now.guidance_facts(intent)

    def platforms(self, actions: Sequence[str]) -> tuple[str, ...]:
        return self.now.platforms(actions)

    def has_service(self, country: str, kind: str) -> bool:
        return self.now.has_service(country, kind)

    def timezone(self, country: str) -> ZoneInfo | None:
        return self.now.timezone(country)

    def lesson_cards(self, language: str) -> tuple[CardFacts, ...]:
        return self.now.lesson_cards(language)

    def render(self, say: Say, audience: Audience, now: datetime) -> tuple[Message, ...]:
        return self.now.render(say, audience, now)

    def handout(self, document: Document, now: datetime) -> Handout:
        return self.now.handout(document, now)


class LiveScan:
    """The pattern layer of now as a `DangerScan`."""

    def __init__(self, patterns: PatternLayer) -> None:
        self.now = patterns

    def scan(self, text: str) -> tuple[FlagHit, ...]:
        return self.now.scan(text)


class LocalReader:
    """The matcher of this process as a `TextReader`."""

    def __init__(self, matcher: Matcher) -> None:
        self.now = matcher

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        """Raises `MatcherUnavailable` for any fault: the turn then goes on with the patterns alone."""
        try:
            return self.now.read(text, language_hint=language_hint)
        except Exception as error:  # whatever breaks in the model, danger must still be read by patterns
            log.error("matcher_failed", error=type(error).__name__)
            raise MatcherUnavailable from None


class LiveLook:
    """The flags that patterns and model see together, as a `DangerScan`."""

    def __init__(self, reader: LocalReader) -> None:
        self._reader = reader

    def scan(self, text: str) -> tuple[FlagHit, ...]:
        """Empty where the model breaks: the patterns were asked before."""
        try:
            return self._reader.now.read(text).flags
        except Exception as error:  # as above
            log.error("matcher_failed", error=type(error).__name__)
            return ()
