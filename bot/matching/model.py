"""The trained model: linear weights over the features of a message, used with numpy alone.

It names the language and the intent of a whole message, and reads each flag in the message as a
whole and in every stretch of it, because the sign of danger often sits in one clause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.reading import Evidence, FlagHit, Ranked
from bot.core.taxonomy import CHILD_USER
from bot.errors import ModelError
from bot.matching import modelfile
from bot.matching.features import F32, Rows, Seen, Vocabulary
from bot.matching.normalise import Normalised

NAME = "linear"
STRETCH = 16
"""Sentences longer than 1.5 times this many words are read in overlapping stretches of it."""
_MOST_STRETCHES = 400
_BY_STYLE = frozenset({CHILD_USER})
"""Flags told by how somebody writes: a stretch in which an adult quotes a child tells nothing."""
_NOT_UNLIKELY = 0.15
_LONGEST_EVIDENCE = 10

F64 = NDArray[np.float64]


def stretches(read: Normalised) -> list[tuple[int, int]]:
    """The parts of a message in which flags are read, besides the whole: half-open token ranges."""
    parts: list[tuple[int, int]] = []
    for start, end in read.sentences:
        if end - start <= STRETCH * 3 // 2:
            parts.append((start, end))
        else:
            parts += [(at, min(at + STRETCH, end)) for at in range(start, end - STRETCH // 2, STRETCH // 2)]
    if len(parts) == 1 and parts[0] == (0, len(read.tokens)):
        return []
    return parts[:_MOST_STRETCHES]


def flag_scores(names: Sequence[str], wholes: F32, parts: F32, owners: NDArray[np.int64]) -> F32:
    """Scores of flags from those of whole messages and of their stretches.

    Half the whole message, half its strongest stretch; shapes (messages, flags), (stretches,
    flags) and, for each stretch, the message it belongs to. Who writes shows in the whole only.
    """
    strongest = wholes.copy()
    np.maximum.at(strongest, owners, parts)
    joined: F32 = ((wholes + strongest) / 2).astype(np.float32)
    for output, name in enumerate(names):
        if name in _BY_STYLE:
            joined[:, output] = wholes[:, output]
    return joined


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns raw scores into probabilities: softmax or logistic of ``slope * score + offset``."""

    slope: float = 1.0
    offset: float = 0.0

    def softmax(self, scores: NDArray[Any]) -> F64:
        raised = np.asarray(scores, dtype=np.float64) * self.slope
        powers: F64 = np.exp(raised - raised.max(axis=-1, keepdims=True))
        chances: F64 = powers / powers.sum(axis=-1, keepdims=True)
        return chances

    def logistic(self, score: float) -> float:
        return float(1 / (1 + np.exp(-np.clip(self.slope * score + self.offset, -60, 60))))


@dataclass(frozen=True, slots=True)
class Layer:
    """One linear layer: a name for each output, weights (features, outputs) and biases."""

    names: tuple[str, ...]
    weights: F32
    biases: F32

    def scores(self, rows: Rows) -> F32:
        """Shape (rows, outputs)."""
        scores: F32 = rows.times(self.weights) + self.biases
        return scores


_CLEARLY = 0.4
"""How far below its threshold a flag's score must lie for the words to speak against it."""


@dataclass(frozen=True, slots=True)
class FlagScale:
    """When a flag is raised: on a score of at least ``threshold``, shown as ``scale`` says."""

    threshold: float
    scale: Scale = Scale()


@dataclass(frozen=True, slots=True)
class ModelReading:
    """What the model makes of a message."""

    ranking: tuple[Ranked, ...]
    flags: tuple[FlagHit, ...]
    against: frozenset[str]
    """Flags that the words speak clearly against."""
    known: int
    """How many occurrences of known features there were; 0 where nothing could be understood."""


@dataclass(frozen=True)
class Model:
    """Everything that was learned. ``figures`` holds what cross-validation measured while training."""

    vocabulary: Vocabulary
    intents: Layer
    languages: Layer
    flags: Layer
    intent_scale: Scale
    language_scale: Scale
    flag_scales: Mapping[str, FlagScale]
    data_hash: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def language(self, known: Seen, start: int, end: int) -> tuple[Ranked, ...]:
        """The languages of the tokens ``start`` to ``end``, likeliest first."""
        rows = self.vocabulary.rows(known.within(start, end), [(start, end)])
        return _ranked(self.languages.names, self.language_scale, self.languages.scores(rows))

    def read(self, read: Normalised, known: Seen) -> ModelReading:
        """Intents and flags of a message by all its features, concepts included; takes any message."""
        ranges = [(0, len(read.tokens)), *stretches(read)]
        rows = self.vocabulary.rows(known, ranges)
        whole, _ = rows.parted()
        scores = self.flags.scores(rows)
        owners = np.zeros(len(scores) - 1, dtype=np.int64)
        joined = flag_scores(self.flags.names, scores[:1], scores[1:], owners)[0]
        return ModelReading(
            _ranked(self.intents.names, self.intent_scale, self.intents.scores(whole)),
            tuple(self._flags(read, known, ranges, scores, joined)),
            frozenset(
                name
                for name, score in zip(self.flags.names, joined, strict=True)
                if score < self.flag_scales[name].threshold - _CLEARLY
            ),
            int(rows.starts[1]),
        )

    def _flags(
        self, read: Normalised, known: Seen, ranges: Sequence[tuple[int, int]], scores: F32, joined: F32
    ) -> list[FlagHit]:
        found = []
        for output, name in enumerate(self.flags.names):
            rule = self.flag_scales[name]
            if joined[output] >= rule.threshold and read.tokens:
                best = int(np.argmax(scores[:, output]))
                evidence = self._evidence(read, known, ranges[best], output)
                found.append(FlagHit(name, rule.scale.logistic(float(joined[output])), (evidence,)))
        return found

    def _evidence(self, read: Normalised, known: Seen, part: tuple[int, int], output: int) -> Evidence:
        """The run of up to ten words that spoke most for a flag."""
        start, end = part
        part_known = known.within(start, end)
        columns, owners, blocks = part_known.which, part_known.owners, part_known.blocks
        speaks = self.vocabulary.rarity[columns] * self.flags.weights[columns, output]
        # the blocks have one length each, so one piece of a word says less than one concept
        squares = np.bincount(blocks, weights=self.vocabulary.rarity[columns] ** 2, minlength=4)
        speaks = speaks / np.sqrt(np.maximum(squares, 1e-9))[blocks]
        by_word = np.bincount(owners - start, weights=speaks, minlength=end - start)
        sums = np.concatenate(([0.0], np.cumsum(by_word)))
        best, span = -np.inf, (start, start + 1)
        for length in range(1, min(_LONGEST_EVIDENCE, end - start) + 1):
            runs = sums[length:] - sums[:-length]
            at = int(np.argmax(runs))
            if runs[at] > best:
                best, span = float(runs[at]), (start + at, start + at + length)
        return Evidence(*read.span(*span), f"model:{NAME}")

    def save(self, path: Path) -> None:
        """Write the model; raises ModelError where that fails."""
        header = {
            "data_hash": self.data_hash,
            "names": {name: list(layer.names) for name, layer in self._layers().items()},
            "scales": {
                "intents": _numbers(self.intent_scale),
                "languages": _numbers(self.language_scale),
                "flags": {
                    name: [rule.threshold, *_numbers(rule.scale)] for name, rule in self.flag_scales.items()
                },
            },
            "figures": dict(self.figures),
        }
        arrays: dict[str, NDArray[Any]] = {
            "vocabulary": self.vocabulary.numbers,
            "rarity": self.vocabulary.rarity,
        }
        for name, layer in self._layers().items():
            arrays[f"{name}_weights"] = layer.weights
            arrays[f"{name}_biases"] = layer.biases
        modelfile.write(path, header, arrays)

    def _layers(self) -> dict[str, Layer]:
        return {"intents": self.intents, "languages": self.languages, "flags": self.flags}

    @classmethod
    def load(cls, path: Path) -> Model:
        """Read a model; raises ModelError where the file is missing, damaged or foreign."""
        header, arrays = modelfile.read(path)
        try:
            return cls._from_file(header, arrays)
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise ModelError("the model file lacks a part") from error

    @classmethod
    def _from_file(cls, header: Mapping[str, Any], arrays: modelfile.Arrays) -> Model:
        vocabulary = Vocabulary(arrays["vocabulary"], arrays["rarity"])
        layers = {
            name: Layer(tuple(names), arrays[f"{name}_weights"], arrays[f"{name}_biases"])
            for name, names in header["names"].items()
        }
        for layer in layers.values():
            if layer.weights.shape != (len(vocabulary), len(layer.names)):
                raise ValueError("shapes differ")
        scales = header["scales"]
        return cls(
            vocabulary,
            layers["intents"],
            layers["languages"],
            layers["flags"],
            Scale(*scales["intents"]),
            Scale(*scales["languages"]),
            {
                name: FlagScale(float(threshold), Scale(float(slope), float(offset)))
                for name, (threshold, slope, offset) in scales["flags"].items()
            },
            str(header["data_hash"]),
            header["figures"],
        )


def likely(ranking: tuple[Ranked, ...]) -> frozenset[str]:
    """The languages whose word lists are worth reading: the likeliest, and any that is not unlikely."""
    return frozenset(item.name for item in ranking if item is ranking[0] or item.confidence >= _NOT_UNLIKELY)


def _numbers(scale: Scale) -> list[float]:
    return [scale.slope, scale.offset]


def _ranked(names: tuple[str, ...], scale: Scale, scores: F32) -> tuple[Ranked, ...]:
    if not names:
        return ()
    chances = scale.softmax(scores[0])
    order = np.argsort(-chances, kind="stable")
    return tuple(Ranked(names[index], float(chances[index])) for index in order)
