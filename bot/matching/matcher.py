"""Reads a text: joins what the trained model and the pattern layer see, and what is named in it."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.core.nlu import EntityForms, TrainingData
from bot.core.reading import EntityHit, FlagHit, Ranked, Reading
from bot.core.taxonomy import CHILD_USER, FLAGS, OUT_OF_SCOPE
from bot.matching.concepts import ConceptIndex, with_along
from bot.matching.entities import EntityFinder
from bot.matching.features import Seen, see, see_concepts
from bot.matching.model import Model, likely
from bot.matching.normalise import Normalised, normalise
from bot.matching.patterns import Fired, PatternLayer, hits

UNKNOWN_LANGUAGE = "und"
_ADULTS = frozenset({"parent"})
_UNREADABLE = 0.2
"""Confidence of out_of_scope for a text in which nothing at all is known."""
_ENOUGH_WORDS = 4
_AROUND = 2
_HINT_TRUST = 4.5
"""A hint multiplies the chance of its language by e to this, divided by the number of words."""


class Matcher:
    """Everything that reads messages; safe to share between threads."""

    def __init__(self, model: Model, patterns: PatternLayer, entities: Sequence[EntityForms]) -> None:
        """``entities`` must be those that the model was trained with."""
        self.model = model
        self.patterns = patterns
        self._concepts = ConceptIndex(entities)
        self._entities = EntityFinder(entities)

    @classmethod
    def load(cls, path: Path, data: TrainingData) -> Matcher:
        """A matcher with the model trained from ``data`` that is stored at ``path``.

        Raises ModelError where the file cannot be used, ContentError where a rule is malformed.
        """
        return cls(Model.load(path), PatternLayer(data.rules), data.entities)

    def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        """Read any text; never raises.

        ``language_hint`` is the language last spoken; it decides where a word or two could be of
        several languages.
        """
        read = normalise(text)
        vocabulary = self.model.vocabulary
        letters = vocabulary.known(see(read))
        languages = self.model.language(letters, 0, len(read.tokens))
        fired = [item for item in self.patterns.fired(read) if self._spoken(item, letters, languages)]
        concepts = self._concepts.find(read, likely(languages))
        seen = self.model.read(read, letters.joined(vocabulary.known(see_concepts(concepts))))
        language = _language(languages, read, language_hint)
        entities = self._entities.find(read)
        return Reading(
            text=text,
            language=language.name,
            language_confidence=language.confidence,
            ranking=seen.ranking if seen.known else _unreadable(seen.ranking),
            flags=_by_adult(_joined(hits(read, _believed(fired, seen.against)), seen.flags), entities),
            entities=entities,
            words=read.word_count,
        )

    def _spoken(self, item: Fired, letters: Seen, languages: tuple[Ranked, ...]) -> bool:
        """Whether the words that a rule matched may be of the rule's language.

        "molest" is an English word for abuse and the beginning of a Spanish one for teasing; yet
        people do mix languages, so the words around the match decide, not the whole message.
        """
        if not item.rule.language or item.rule.language in with_along(likely(languages)):
            return True
        for first, last in item.ranges:
            around = self.model.language(letters, max(0, first - _AROUND), last + _AROUND)
            if item.rule.language in with_along(likely(around)):
                return True
        return not languages


def _language(ranking: Sequence[Ranked], read: Normalised, hint: str | None) -> Ranked:
    """The likeliest language; the fewer words there are, the more the hint counts."""
    if not ranking:
        return Ranked(hint or UNKNOWN_LANGUAGE, 0.0)
    trust = math.exp(_HINT_TRUST / max(1, read.word_count))
    doubt = min(1.0, read.word_count / _ENOUGH_WORDS)
    raised = [item.confidence**doubt * (trust if item.name == hint else 1.0) for item in ranking]
    best = max(range(len(ranking)), key=lambda index: raised[index])
    return Ranked(ranking[best].name, raised[best] / sum(raised))


def _unreadable(ranking: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """The ranking for a text in which no feature is known: out of scope, and hardly sure of it."""
    others = [item for item in ranking if item.name != OUT_OF_SCOPE]
    if len(others) == len(ranking):
        return tuple(ranking)
    share = _UNREADABLE / 2 / max(1, len(others))
    return (Ranked(OUT_OF_SCOPE, _UNREADABLE), *(Ranked(item.name, share) for item in others))


def _believed(fired: Sequence[Fired], against: Collection[str]) -> list[Fired]:
    return [item for item in fired if item.rule.alone or item.rule.flag not in against]


def _by_adult(flags: tuple[FlagHit, ...], entities: Sequence[EntityHit]) -> tuple[FlagHit, ...]:
    """Without `CHILD_USER` where the words name the writer as a parent ("my daughter").

    How a text is written is a guess, "my daughter" is none. "My class" says a pupil as well as a teacher.
    """
    if not any(item.entity == "audience" and item.value in _ADULTS for item in entities):
        return flags
    return tuple(hit for hit in flags if hit.name != CHILD_USER)


def _joined(*layers: Sequence[FlagHit]) -> tuple[FlagHit, ...]:
    """One hit a flag, as sure as the surest layer, with the evidence of all; gravest first."""
    hits: dict[str, FlagHit] = {}
    for hit in (hit for layer in layers for hit in layer):
        known = hits.get(hit.name)
        if known is not None:
            hit = FlagHit(hit.name, max(known.confidence, hit.confidence), known.evidence + hit.evidence)
        hits[hit.name] = hit
    order = {name: index for index, name in enumerate(FLAGS)}
    return tuple(sorted(hits.values(), key=lambda hit: (order.get(hit.name, len(order)), hit.name)))
