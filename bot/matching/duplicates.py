"""Finds examples that are worth nothing: repeats, near-repeats, filled frames, copies of held-out messages.

Messages are compared by their runs of three characters (Jaccard likeness). Only pairs that
share some of their rarest runs are compared, so that tens of thousands take seconds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.core.nlu import Example
from bot.matching.normalise import normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEAR = 0.75
FRAME = 3
"""This many examples that differ in one word, or two neighbours, are a filled frame."""
_FRAME_WORDS = 5
_SHORT = 3
_PREFIX = 8
_AT_ONCE = 500

Kind = Literal["same", "near", "two_intents", "frame", "held_out"]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two examples that are too alike, ``likeness`` 0 to 1.

    ``same`` and ``near`` stand under one intent, ``two_intents`` under two, a ``frame`` is one
    of several that differ in a word or two, ``held_out`` is a copy of a held-out message.
    """

    kind: Kind
    first: Example
    second: Example
    likeness: float


def find_duplicates(examples: Sequence[Example]) -> list[Duplicate]:
    """All repeats, near-repeats and frames among examples."""
    texts = [str(normalise(example.text)) for example in examples]
    found = []
    for left, right, likeness in _alike(texts, len(texts)):
        first, second = examples[left], examples[right]
        if first.language != second.language and len(texts[left].split()) <= _SHORT:
            continue  # "ok" and "hola" are words of several languages
        kind: Kind = "same" if texts[left] == texts[right] else "near"
        if first.intent != second.intent:
            kind = "two_intents"
        found.append(Duplicate(kind, first, second, likeness))
    return found + _frames(examples, texts)


def find_copies(examples: Sequence[Example], held_out: Sequence[Example]) -> list[Duplicate]:
    """Examples that are, nearly or wholly, held-out messages."""
    texts = [str(normalise(example.text)) for example in (*examples, *held_out)]
    count = len(examples)
    return [
        Duplicate("held_out", examples[left], held_out[right - count], likeness)
        for left, right, likeness in _alike(texts, count, since=count)
        if len(texts[left].split()) > 2
    ]


def _alike(texts: Sequence[str], first_half: int, since: int = 0) -> list[tuple[int, int, float]]:
    """Pairs (lower, higher index, likeness) of at least NEAR.

    The lower is below ``first_half``, the higher is ``since`` or more.
    """
    import numpy as np

    holds, rarest = _matrices(texts)
    sizes = np.diff(holds.indptr)
    needed = np.ceil(NEAR * sizes)
    pairs: list[tuple[int, int, float]] = []
    for start in range(since, len(texts), _AT_ONCE):
        found = (rarest[start : start + _AT_ONCE] @ rarest[:first_half].T).tocoo()
        high, low, shared = found.row + start, found.col, found.data
        likely = (low < high) & (shared >= np.minimum(_PREFIX, np.minimum(needed[low], needed[high])))
        likely &= np.minimum(sizes[low], sizes[high]) >= NEAR * np.maximum(sizes[low], sizes[high])
        high, low = high[likely], low[likely]
        both = np.asarray(holds[high].multiply(holds[low]).sum(axis=1)).ravel()
        likeness = both / (sizes[high] + sizes[low] - both)
        near = likeness >= NEAR
        pairs += zip(low[near].tolist(), high[near].tolist(), likeness[near].round(3).tolist(), strict=True)
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def _matrices(texts: Sequence[str]) -> tuple[csr_matrix, csr_matrix]:
    """Which runs each text holds, and which of them are its rarest (rows: texts, columns: runs).

    Two texts that share NEAR of their runs share at least `_PREFIX` of so many of the rarest of
    each: the prefix filter of similarity joins (Chaudhuri et al. 2006; Wang et al. 2012).
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    runs = [_runs(text) for text in texts]
    counts = Counter(run for each in runs for run in each)
    rank = {run: at for at, run in enumerate(sorted(counts, key=lambda run: (counts[run], run)))}
    ranked = [sorted(rank[run] for run in each) for each in runs]
    first = [ranks[: len(ranks) - math.ceil(NEAR * len(ranks)) + _PREFIX] for ranks in ranked]

    def rows(lists: Sequence[Sequence[int]]) -> csr_matrix:
        starts = np.concatenate(([0], np.cumsum([len(each) for each in lists], dtype=np.int64)))
        columns = np.fromiter((at for each in lists for at in each), np.int64, int(starts[-1]))
        return csr_matrix((np.ones(len(columns), np.int32), columns, starts), shape=(len(lists), len(rank)))

    return rows(ranked), rows(first)


def _runs(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def _frames(examples: Sequence[Example], texts: Sequence[str]) -> list[Duplicate]:
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        words = text.split()
        if len(words) < _FRAME_WORDS:
            continue
        for at in range(len(words)):
            for width in (1, 2):
                left = (*words[:at], "*", *words[at + width :])
                groups[(examples[index].language, *left)].append(index)
    found: dict[tuple[int, int], Duplicate] = {}
    for group in groups.values():
        members = sorted({texts[index]: index for index in group}.values())
        if len(members) >= FRAME:
            for index in members[1:]:
                pair = (members[0], index)
                found.setdefault(pair, Duplicate("frame", examples[pair[0]], examples[index], 1.0))
    return list(found.values())
