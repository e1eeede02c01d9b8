"""Gathers what the word lists see in a message, as features for the trained model."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.core.nlu import EntityForms, TrainingData
from bot.matching.concepts import ConceptIndex, with_along
from bot.matching.features import Signs
from bot.matching.normalise import Normalised
from bot.matching.patterns import Fired, PatternLayer


class SignFinder:
    """The danger patterns and the concepts, read together."""

    def __init__(self, patterns: PatternLayer, entities: Sequence[EntityForms]) -> None:
        self.patterns = patterns
        self._concepts = ConceptIndex(entities)

    @classmethod
    def of(cls, data: TrainingData) -> SignFinder:
        """Raises ContentError where a rule is malformed."""
        return cls(PatternLayer(data.rules), data.entities)

    def find(self, read: Normalised, fired: Sequence[Fired], languages: Collection[str]) -> Signs:
        """The concepts and the fired rules of these languages (of all if none is given)."""
        spoken = with_along(languages)
        rules = sorted(
            (item.ranges[0][0], name)
            for item in fired
            if not spoken or item.rule.language in {*spoken, ""}
            for name in (f"rule:{item.rule.id}", f"flag:{item.rule.flag}")
        )
        return Signs(self._concepts.find(read, languages), tuple(rules))
