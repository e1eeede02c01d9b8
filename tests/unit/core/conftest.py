"""The real content, read once: the dialogue is tested on what people would see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content.findings import Finding
from bot.content.library import read_responses
from bot.content.phrasebook import Phrasebook
from bot.core.events import Said
from bot.core.reading import EntityHit, Evidence, FlagHit, Ranked, Reading

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def book() -> Phrasebook:
    findings: list[Finding] = []
    responses = read_responses(ROOT / "responses", findings)
    assert not findings
    return Phrasebook(responses)


SaidMaker = Callable[..., Said]


@pytest.fixture(scope="session")
def said() -> SaidMaker:
    """``said(text, intent, flags=…)``: a message as the matcher would have read it."""

    def make(
        text: str = "hola",
        intent: str = "out_of_scope",
        *,
        flags: tuple[str, ...] = (),
        confidence: float = 0.9,
        language: str = "es",
        entities: dict[str, str] | None = None,
        client: str = "es",
        edited: bool = False,
    ) -> Said:
        reading = Reading(
            text=text,
            language=language,
            language_confidence=0.95,
            ranking=(
                Ranked(intent, confidence),
                Ranked("bullying/victim", 0.2),
                Ranked("parental_controls", 0.1),
            ),
            flags=tuple(FlagHit(name, 1.0, (Evidence(0, len(text), f"rule:{name}"),)) for name in flags),
            entities=tuple(EntityHit(name, value, 0, 0) for name, value in (entities or {}).items()),
            words=len(text.split()),
        )
        return Said(NOW, client, text=text, reading=reading, edited=edited)

    return make
