"""What the matcher makes of a text: language, intent, flags with their evidence, entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RULE = "rule:"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Characters ``start:end`` of the text that spoke for a flag, and which layer saw them.

    ``source`` is ``rule:<rule id>`` or ``model:<model name>``.
    """

    start: int
    end: int
    source: str


@dataclass(frozen=True, slots=True)
class FlagHit:
    """A flag raised on a text; ``confidence`` is 0 to 1 (a fired rule has 1)."""

    name: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()

    @property
    def by_rule(self) -> bool:
        """Whether words that somebody wrote down speak for it, and not a learned guess alone."""
        return any(item.source.startswith(RULE) for item in self.evidence)


@dataclass(frozen=True, slots=True)
class EntityHit:
    """Something named in a text: platform, age, audience, country or topic, with its canonical value."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """An intent with its calibrated confidence, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as read. ``ranking`` is never empty, best first; ``intent`` is its first."""

    text: str
    language: str
    language_confidence: float
    ranking: tuple[Ranked, ...]
    flags: tuple[FlagHit, ...] = ()
    entities: tuple[EntityHit, ...] = field(default=())
    words: int = 0
    """How many words were read; language is only trusted on enough of them."""
    also: tuple[str, ...] = ()
    """Other topics that sentences of the message speak of by themselves, besides its intent."""

    @property
    def intent(self) -> Ranked:
        return self.ranking[0]

    @property
    def flag_names(self) -> frozenset[str]:
        return frozenset(hit.name for hit in self.flags)

    def entity(self, name: str) -> str | None:
        """The first value of an entity, or None."""
        return next((hit.value for hit in self.entities if hit.entity == name), None)

    def as_dict(self) -> dict[str, Any]:
        """The reading as ``amparo parse --json`` prints it: a superset of Rasa's parse result."""
        return {
            "text": self.text,
            "language": {"code": self.language, "confidence": round(self.language_confidence, 4)},
            "intent": _ranked(self.intent),
            "intent_ranking": [_ranked(item) for item in self.ranking],
            "flags": [
                {
                    "name": hit.name,
                    "confidence": round(hit.confidence, 4),
                    "evidence": [_evidence(item) for item in hit.evidence],
                }
                for hit in self.flags
            ],
            "entities": [
                {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end} for e in self.entities
            ],
        }


def _ranked(item: Ranked) -> dict[str, Any]:
    return {"name": item.name, "confidence": round(item.confidence, 4)}


def _evidence(item: Evidence) -> dict[str, Any]:
    layer, _, name = item.source.partition(":")
    return {"start": item.start, "end": item.end, layer: name}
