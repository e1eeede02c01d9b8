"""Finds examples that are worth nothing: repeats, near-repeats, filled frames, copies of held-out messages.

Messages are compared by their runs of three characters (Jaccard likeness). Only pairs that
share one of their rarest runs are compared, so that tens of thousands take seconds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.core.nlu import Example
from bot.matching.normalise import normalise

NEAR = 0.75
FRAME = 3
"""This many examples that differ in one word, or two neighbours, are a filled frame."""
_FRAME_WORDS = 5
_SHORT = 3

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
    runs = [_runs(text) for text in texts]
    counts = Counter(run for each in runs for run in each)
    holders: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for index, own in enumerate(runs):
        rarest = sorted(own, key=lambda run: (counts[run], run))
        prefix = rarest[: len(own) - math.ceil(NEAR * len(own)) + 1]
        candidates = {other for run in prefix for other in holders[run]} if index >= since else ()
        least, most = NEAR * len(own), len(own) / NEAR
        for other in sorted(candidates):
            if other >= first_half or not least <= len(runs[other]) <= most:
                continue
            shared = len(own & runs[other])
            likeness = shared / (len(own) + len(runs[other]) - shared)
            if likeness >= NEAR:
                pairs.append((other, index, round(likeness, 3)))
        for run in prefix:
            holders[run].append(index)
    return pairs


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
