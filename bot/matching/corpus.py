"""The examples as a linear model learns from them: sparse rows of features, labels, and folds by writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bot.core.nlu import TrainingData
from bot.core.taxonomy import CHILD_USER, DANGER_FLAGS
from bot.matching import features, learn
from bot.matching.concepts import ConceptIndex
from bot.matching.features import Rows, Seen, see, see_concepts
from bot.matching.learn import Bools
from bot.matching.model import stretches
from bot.matching.normalise import normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Progress = Callable[[str, float], None]
WORKERS = 2
WORTH_PARTING = 2000
"""From this many examples on, the work is shared among processes."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is seen of one example: its features, how many tokens it has, and its stretches."""

    features: Seen
    length: int
    stretches: list[tuple[int, int]]


class Corpus:
    """The examples as sparse rows: one for each message, then one for each stretch of it."""

    def __init__(self, data: TrainingData, tell: Progress) -> None:
        self.examples = examples = data.examples
        tell("reading", 0.0)
        seen = _see_all(data)
        tell("vocabulary", 0.1)
        self.vocabulary = learn.build_vocabulary([sight.features for sight in seen])
        self.blocks = np.zeros(len(self.vocabulary), dtype=np.int64)
        wholes: list[Rows] = []
        parts: list[Rows] = []
        owners: list[int] = []
        for index, sight in enumerate(seen):
            known = self.vocabulary.known(sight.features)
            self.blocks[known.which] = known.blocks
            rows = self.vocabulary.rows(known, [(0, sight.length), *sight.stretches])
            first, rest = rows.parted()
            wholes.append(first)
            if sight.stretches:
                parts.append(rest)
                owners += [index] * len(sight.stretches)
        width = len(self.vocabulary)
        self.wholes: csr_matrix = learn.matrix(wholes, width)
        self.parts: csr_matrix = learn.matrix(parts, width) if parts else self.wholes[:0]
        self.part_owner = np.array(owners, dtype=np.int64)
        self.intents = np.array([example.intent for example in examples], dtype=object)
        self.languages = np.array([example.language for example in examples], dtype=object)
        tell("vocabulary", 0.2)

    def only(self, *blocks: int) -> csr_matrix:
        """The whole messages by some kinds of features only."""
        from scipy.sparse import diags

        return (self.wholes @ diags(np.isin(self.blocks, blocks).astype(np.float64))).tocsr()

    def letters(self) -> csr_matrix:
        """The whole messages by letters and words alone: what languages are told by."""
        return self.only(features.PIECES, features.WORDS)

    def flag_names(self, fewest: int) -> tuple[str, ...]:
        """The flags that are neither too rare nor everywhere."""
        names = sorted({flag for example in self.examples for flag in example.flags})
        counts = {name: int(self.has(name).sum()) for name in names}
        return tuple(name for name in names if fewest <= counts[name] < len(self.examples))

    def has(self, flag: str) -> Bools:
        """Which examples carry a flag."""
        return np.array([flag in example.flags for example in self.examples], dtype=bool)

    def calm(self) -> Bools:
        """Which examples carry no danger flag, a child's writing counted as one."""
        danger = {*DANGER_FLAGS, CHILD_USER}
        return np.array([not danger.intersection(example.flags) for example in self.examples], dtype=bool)

    def folds(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """A fold for each example; a writer stands in one fold, an intent's writers in several."""
        chosen: dict[str, int] = {}
        used: dict[str, int] = {}
        folds = []
        for index, example in enumerate(self.examples):
            writer = f"{example.language}:{example.writer}" if example.writer else f"#{index}"
            kind = f"{example.language}:{example.intent}"
            if writer not in chosen:
                chosen[writer] = used.get(kind, 0) % count
                used[kind] = used.get(kind, 0) + 1
            folds.append(chosen[writer])
        return np.array(folds, dtype=np.int64)


def _see_all(data: TrainingData) -> list[_Sight]:
    """All features of all examples, by as many processes as is worth it."""
    parts = WORKERS if len(data.examples) >= WORTH_PARTING else 1
    size = -(-len(data.examples) // parts)
    chunks = [
        replace(data, examples=data.examples[at : at + size]) for at in range(0, len(data.examples), size)
    ]
    return [
        seen
        for chunk in learn.in_parallel(_see_part, [(chunk,) for chunk in chunks], parts)
        for seen in chunk
    ]


def _see_part(data: TrainingData) -> list[_Sight]:
    index = ConceptIndex(data.entities)
    seen = []
    for example in data.examples:
        read = normalise(example.text)
        known = see(read).joined(see_concepts(index.find(read, {example.language} - {""})))
        seen.append(_Sight(known, len(read.tokens), stretches(read)))
    return seen
