"""Finds which word forms of the patterns a typed word satisfies: ``word``, ``word*``, ``*word``, ``*word*``.

Words of six letters or more may hold one typing mistake: a letter left out, added or doubled,
two letters swapped, or one replaced by its neighbour on the keyboard or by a letter that
sounds alike. A letter replaced by just any other is not forgiven: "pagaron" is no "pegaron".

A veiled form, ``#`` and ten hexadecimal digits (perhaps with ``*`` for any ending), stands for a word that
no file spells out, such as a means of self-harm: it must be recognised, and must not be read there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from bot.core.veil import veils

MISTAKE_FROM = 6
_CACHED = 50_000
_LONGEST = 30
"""Longer words are no words: only their beginnings and ends are looked at."""
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUNDS = ("bv", "szc", "ckq", "gj", "yil", "ao", "ei", "ou", "nm", "rl", "gw")


def _close_letters() -> frozenset[tuple[str, str]]:
    close: set[tuple[str, str]] = set()
    for row in _KEYBOARD:
        close.update(pairwise(row))
    for upper, lower in pairwise(_KEYBOARD):
        for index, letter in enumerate(lower):
            close.update((letter, above) for above in upper[index : index + 2])
    for sound in _SOUNDS:
        close.update((one, other) for one in sound for other in sound if one != other)
    return frozenset(close | {(other, one) for one, other in close})


_CLOSE = _close_letters()


def one_mistake(typed: str, meant: str) -> bool:
    """Whether ``typed`` differs from ``meant`` by one likely typing mistake, not in the first letter."""
    if typed == meant or typed[:1] != meant[:1]:
        return False
    shorter, longer = sorted((typed, meant), key=len)
    same = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(longer) == len(shorter) + 1:
        return shorter[same:] == longer[same + 1 :]
    if len(longer) != len(shorter):
        return False
    if shorter[same + 1 :] == longer[same + 1 :]:
        return (shorter[same], longer[same]) in _CLOSE
    swapped = longer[:same] + longer[same : same + 2][::-1] + longer[same + 2 :]
    return shorter == swapped


def _shortened(word: str) -> list[str]:
    """The word with each one letter but the first left out."""
    return [word[:i] + word[i + 1 :] for i in range(1, len(word))]


class _Near:
    """Finds words that differ by one mistake, by looking up what is left without one letter."""

    def __init__(self) -> None:
        self._by_rest: dict[str, list[str]] = defaultdict(list)

    def add(self, word: str) -> None:
        for rest in {word, *_shortened(word)}:
            self._by_rest[rest].append(word)

    def find(self, typed: str) -> set[str]:
        by_rest = self._by_rest
        near = set(by_rest.get(typed, ()))
        for rest in _shortened(typed):
            if rest in by_rest:
                near.update(by_rest[rest])
        return {word for word in near if one_mistake(typed, word)}


class WordForms:
    """An index over word forms."""

    def __init__(self, forms: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._starts: set[str] = set()
        self._ends: set[str] = set()
        self._middles: set[str] = set()
        self._veiled: set[str] = set()
        for form in forms:
            if form.startswith("#"):
                self._veiled.add(form)
            elif form.startswith("*") and form.endswith("*"):
                self._middles.add(form[1:-1])
            elif form.endswith("*"):
                self._starts.add(form[:-1])
            elif form.startswith("*"):
                self._ends.add(form[1:])
            else:
                self._exact.add(form)
        self._start_lengths = sorted({len(start) for start in self._starts})
        self._end_lengths = sorted({len(end) for end in self._ends})
        self._middle_lengths = sorted({len(middle) for middle in self._middles})
        self._near_exact = _near(self._exact)
        grouped: dict[tuple[str, int], list[str]] = defaultdict(list)
        for start in self._starts:
            if len(start) >= MISTAKE_FROM:
                grouped[start[0], len(start)].append(start)
        self._near_starts = {key: _near(starts) for key, starts in grouped.items()}
        self._long_starts = sorted({length for _, length in self._near_starts})
        self._cache: dict[str, tuple[str, ...]] = {}

    def of(self, word: str) -> tuple[str, ...]:
        """The forms that a normalised word satisfies."""
        known = self._cache.get(word)
        if known is None:
            known = tuple(self._plain(word) | self._mistaken(word))
            if len(self._cache) < _CACHED:  # hostile input must not fill the memory
                self._cache[word] = known
        return known

    def _plain(self, word: str) -> set[str]:
        forms = {word} if word in self._exact else set()
        starts = (word[:length] for length in self._start_lengths if length <= len(word))
        ends = (word[-length:] for length in self._end_lengths if length <= len(word))
        forms.update(start + "*" for start in starts if start in self._starts)
        forms.update("*" + end for end in ends if end in self._ends)
        if self._middles and len(word) < _LONGEST:
            for length in self._middle_lengths:
                cuts = (word[at : at + length] for at in range(len(word) - length + 1))
                forms.update(f"*{cut}*" for cut in cuts if cut in self._middles)
        if self._veiled:
            forms |= self._veiled.intersection(veils(word))
        return forms

    def _mistaken(self, word: str) -> set[str]:
        if len(word) < MISTAKE_FROM - 1 or not word.isalpha():
            return set()
        forms = self._near_exact.find(word) if len(word) < _LONGEST else set()
        for length in self._long_starts:
            near = self._near_starts.get((word[0], length))
            if near is not None and length - 1 <= len(word):
                for cut in {word[: length - 1], word[:length], word[: length + 1]}:
                    forms.update(start + "*" for start in near.find(cut))
        return forms


def _near(words: Iterable[str]) -> _Near:
    near = _Near()
    for word in words:
        if len(word) >= MISTAKE_FROM:
            near.add(word)
    return near
