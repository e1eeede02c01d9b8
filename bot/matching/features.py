"""What the trained model sees of a message: pieces of words, words, sounds, and concepts.

Pieces are the runs of two to four characters inside a word and its borders; they carry over to
spellings never seen. A word's sound is its spelling with what people mix up made alike (h, b/v,
s/c/z, k/qu, doubled letters). Concepts come from the word lists and mean the same in every
language. Every feature is a 64-bit number; the vocabulary keeps the numbers worth knowing,
sorted, so that it loads at once and needs no strings.

The danger patterns are no features on purpose: who writes patterns has read the examples, so a
model would trust them far more than new messages bear out, and the two layers would fail together.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.normalise import Normalised

LONGEST_PIECE = 4
_LONGEST_WORD = 40
_BASE = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
PIECES, WORDS, CONCEPTS, CONCEPT_PAIRS = range(4)
_BLOCK_WEIGHTS = np.array((1.0, 1.0, 0.5, 0.9), dtype=np.float32)
_PAIR_REACH = 6
_PAIR_MOST = 8

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]

# Short forms that people type on phones, with the word that is meant.
_SHORT = {
    **dict.fromkeys(("q", "k", "qe", "ke", "qu"), "que"),
    **dict.fromkeys(("xq", "xk", "pq", "pk", "porq", "xke", "xque", "porke"), "porque"),
    **dict.fromkeys(("pls", "plz", "plis", "plss", "pliz"), "please"),
    **{"u": "you", "ur": "your", "r": "are", "bcz": "because", "coz": "because", "cuz": "because"},
    **{"x": "por", "tb": "tambien", "tmb": "tambien", "tbn": "tambien", "tmbn": "tambien", "dnd": "donde"},
    **{"bn": "bien", "wn": "bien", "msj": "mensaje", "msjs": "mensajes", "ft": "foto", "fts": "fotos"},
    **{"toy": "estoy", "xfa": "por favor", "porfa": "por favor"},
    **{"hlp": "help", "dota": "daughter", "msg": "message", "pics": "pictures", "pic": "picture"},
    **{"fb": "facebook", "feis": "facebook", "fbk": "facebook", "ig": "instagram"},
    **{"insta": "instagram", "wsp": "whatsapp", "wpp": "whatsapp", "wasap": "whatsapp"},
    **{"guasap": "whatsapp", "wats": "whatsapp", "watsap": "whatsapp", "whatsap": "whatsapp"},
    **{"jc": "je sais", "koi": "quoi", "fer": "faire", "ds": "dans"},
    **{"svp": "s il vous plait", "stp": "s il te plait", "pr": "pour", "bcp": "beaucoup", "tt": "tout"},
}
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("qu(?=[ei])|c(?=[aou])|c(?![eihaou])|q", "k"),
        ("c(?=[ei])|z", "s"),
        ("gu(?=[ei])|j|g(?=[ei])", "g"),
        ("(?<![cs])h", ""),
        ("v", "b"),
        ("ll|y", "i"),
        ("w", "u"),
        (r"(.)\1", r"\1"),
    )
]


@lru_cache(maxsize=50_000)
def _word_numbers(word: str) -> tuple[int, int]:
    """The numbers of a word and of its sound."""
    meant = _SHORT.get(word, word)
    sound = meant
    for pattern, instead in _SOUNDS:
        sound = pattern.sub(instead, sound)
    return _crc("w", meant), _crc("s", sound)


def _crc(kind: str, text: str) -> int:
    data = (kind + text).encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.adler32(data[::-1]) ^ zlib.crc32(data[::-1])


_number = lru_cache(maxsize=20_000)(_crc)


@dataclass(frozen=True, slots=True)
class Seen:
    """Every occurrence of every feature of a message.

    ``which``: the number of the feature, or, once looked up in a vocabulary, its column there;
    ``owners``: the token it belongs to; ``blocks``: its kind. Three arrays of one length,
    ordered by token.
    """

    which: NDArray[Any]
    owners: I64
    blocks: I64

    def within(self, start: int, end: int) -> Seen:
        """The occurrences of tokens ``start`` to ``end``."""
        first, last = np.searchsorted(self.owners, (start, end))
        return Seen(self.which[first:last], self.owners[first:last], self.blocks[first:last])

    def joined(self, other: Seen) -> Seen:
        """These occurrences and those of another kind in the same message."""
        owners = np.concatenate((self.owners, other.owners))
        order = np.argsort(owners, kind="stable")
        return Seen(
            np.concatenate((self.which, other.which))[order],
            owners[order],
            np.concatenate((self.blocks, other.blocks))[order],
        )


def see_concepts(concepts: Sequence[tuple[int, str]]) -> Seen:
    """Concepts, given as (token, name) and ordered, and pairs of them close to one another."""
    numbers = np.array([_number("c", name) for _, name in concepts], dtype=np.uint64)
    at = np.array([token for token, _ in concepts], dtype=np.int64)
    all_numbers, all_owners = [numbers], [at]
    for step in range(1, min(_PAIR_MOST, len(at) - 1) + 1):
        close = (at[step:] - at[:-step] <= _PAIR_REACH) & (numbers[step:] != numbers[:-step])
        all_numbers.append((numbers[:-step] * _PAIR + numbers[step:])[close])
        all_owners.append(at[step:][close])
    owners = np.concatenate(all_owners)
    blocks = np.full(len(owners), CONCEPT_PAIRS, dtype=np.int64)
    blocks[: len(numbers)] = CONCEPTS
    order = np.argsort(owners, kind="stable")
    return Seen(np.concatenate(all_numbers)[order], owners[order], blocks[order])


def see(read: Normalised) -> Seen:
    """All features of a message that its letters give."""
    words = [word[:_LONGEST_WORD] for word in read.words]
    pieces, piece_owners = _pieces(words)
    whole, whole_owners = _wholes(words)
    numbers = np.concatenate((pieces, whole))
    owners = np.concatenate((piece_owners, whole_owners))
    blocks = np.repeat(np.array((PIECES, WORDS), dtype=np.int64), (len(pieces), len(whole)))
    order = np.argsort(owners, kind="stable")
    return Seen(numbers[order], owners[order], blocks[order])


def _pieces(words: Sequence[str]) -> tuple[U64, I64]:
    """Runs of characters within a word and the spaces around it, numbered all at once."""
    if not words:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    text = " " + " ".join(words) + " "
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    space = codes == 32
    word_at = np.cumsum(space) - 1  # at a space: the word after it
    rolling = codes.copy()
    inside = np.ones(len(codes), dtype=bool)
    numbers, owners = [], []
    for length in range(2, LONGEST_PIECE + 1):
        starts = len(codes) - length + 1
        if starts <= 0:
            break
        rolling = rolling[:starts] * _BASE + codes[length - 1 :]
        if length > 2:
            inside = inside[:starts] & ~space[length - 2 : length - 2 + starts]
        kept = np.flatnonzero(inside[:starts])
        mixed = rolling[kept]
        numbers.append((mixed ^ (mixed >> np.uint64(29))) * _PAIR + np.uint64(length))
        owners.append(np.minimum(word_at[kept], len(words) - 1))
    return np.concatenate(numbers), np.concatenate(owners).astype(np.int64)


def _wholes(words: Sequence[str]) -> tuple[U64, I64]:
    """Words, their sounds, and pairs of neighbours."""
    if not words:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    table = np.array([_word_numbers(word) for word in words], dtype=np.uint64)
    pairs = table[:-1, 1] * _PAIR + table[1:, 1]
    at = np.arange(len(words))
    return (
        np.concatenate((table[:, 0], table[:, 1], pairs)),
        np.concatenate((at, at, at[:-1])).astype(np.int64),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row ``i`` has ``values[starts[i]:starts[i+1]]`` in ``columns`` alike."""

    starts: I64
    columns: I64
    values: F32

    def parted(self) -> tuple[Rows, Rows]:
        """The first row, and the others."""
        cut = self.starts[1]
        first = Rows(self.starts[:2], self.columns[:cut], self.values[:cut])
        return first, Rows(self.starts[1:] - cut, self.columns[cut:], self.values[cut:])

    def times(self, weights: F32) -> F32:
        """The rows multiplied with a matrix of one line a column; shape (rows, outputs)."""
        count = len(self.starts) - 1
        result = np.zeros((count, weights.shape[1]), dtype=np.float32)
        for row in range(count):
            part = slice(self.starts[row], self.starts[row + 1])
            result[row] = self.values[part] @ weights[self.columns[part]]
        return result


class Vocabulary:
    """The features worth knowing, each with its weight by rarity (idf) and its block."""

    def __init__(self, numbers: U64, rarity: F32) -> None:
        """``numbers`` sorted and without repeats; ``rarity`` alike."""
        self.numbers = numbers
        self.rarity = rarity

    def __len__(self) -> int:
        return len(self.numbers)

    def known(self, seen: Seen) -> Seen:
        """The occurrences that the vocabulary holds, by their columns."""
        if not len(self.numbers):
            none = np.empty(0, np.int64)
            return Seen(none, none, none)
        # numbers in order are found many times faster: neighbours stand close in memory
        order = np.argsort(seen.which)
        places = np.empty(len(order), dtype=np.int64)
        places[order] = np.searchsorted(self.numbers, seen.which[order])
        columns = np.minimum(places, len(self.numbers) - 1)
        found = self.numbers[columns] == seen.which
        return Seen(columns[found], seen.owners[found], seen.blocks[found])

    def rows(self, known: Seen, ranges: Sequence[tuple[int, int]]) -> Rows:
        """One row for each half-open range of tokens: damped counts times rarity.

        Each block of a row has the same length, whatever the length of the text.
        """
        columns, owners, blocks = known.which, known.owners, known.blocks
        borders = np.searchsorted(owners, np.array(ranges, dtype=np.int64).reshape(-1, 2))
        starts, all_columns, all_values = [0], [], []
        for first, last in borders:
            where, at, counts = np.unique(columns[first:last], return_index=True, return_counts=True)
            values = (1 + np.log(counts, dtype=np.float32)) * self.rarity[where]
            block = blocks[first:last][at]
            length = np.sqrt(np.bincount(block, weights=values * values, minlength=len(_BLOCK_WEIGHTS)))
            all_columns.append(where)
            scale = _BLOCK_WEIGHTS / np.maximum(length, 1e-9)
            all_values.append((values * scale[block]).astype(np.float32))
            starts.append(starts[-1] + len(where))
        return Rows(
            np.array(starts, dtype=np.int64),
            np.concatenate(all_columns) if all_columns else np.empty(0, np.int64),
            np.concatenate(all_values) if all_values else np.empty(0, np.float32),
        )
