"""Makes the many ways of writing one word alike, and remembers where each word stood.

Everything that reads a message works on the tokens made here: lower case, accents and other
marks gone, look-alike letters of other scripts turned into Latin ones, invisible characters
dropped, letters repeated three or more times written once. Each token keeps the span of the
original text that it came from, so that evidence can be shown to people.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import NamedTuple

_APOSTROPHES = frozenset("'\u2019\u2018\u02bc\u02bb\u02b9\ua78c\ua78b`\u00b4\u2032\uff07\u201b\u0313\u0315")
_BORDERS = frozenset(".!?;\u037e\u2026\u3002\uff0e\uff01\uff1f\u061f\u06d4\u0964\u00bf\u00a1")
_ABBREVIATIONS = frozenset({"sr", "sra", "srta", "dr", "dra", "mr", "mrs", "ms", "prof", "mme", "st"})
# Letters of other scripts that look like Latin ones; NFKD does not join them.
_LOOKALIKES = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u0442\u043a\u043c\u043d\u0432"
        "\u04bb\u051b\u051d\u03b1\u03b5\u03b9\u03bf\u03c1\u03c5\u03ba\u03bd\u03c4\u03c7\u0131\u0142\u00f8"
        "\u0111\u0127\u0268\u0269\u0251\u0261\u0274\u0280\u1d0f\u1d00\u1d04\u1d07\u1d1b\u1d1c\u026a\u029f",
        "aeopcyxijsdtkmnbhqwaeiopuknvtxilodhiiagnroacetuil",
        strict=False,
    )
)
_EXPANDED = {"\u00df": "ss", "\u00e6": "ae", "\u0153": "oe", "\u00fe": "th", "\u00f0": "d"}
_LEET = str.maketrans("013457@$", "oieastas")

_TOKEN = re.compile(r"[^\W_]+|\n|[^\s\w]")
_SPELLED_OUT = re.compile(r"(?<![^\W_])[^\W\d_](?:[ \n][^\W\d_]){3,}(?![^\W_])")
_REPEATED = re.compile(r"([^\W\d_])\1\1+")
_LEET_INSIDE = re.compile(r"(?<=[a-z])[013457@$]+(?=[a-z])")
_PLAIN = re.compile(r"(?!.*([a-z])\1\1)[a-z]+")


class Token(NamedTuple):
    """One word or emoji as read, and the characters ``start:end`` of the original it stands for."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Normalised:
    """A text as read: its tokens, and its sentences as half-open ranges of tokens."""

    original: str
    tokens: tuple[Token, ...]
    sentences: tuple[tuple[int, int], ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The texts of the tokens, in order."""
        return tuple(token.text for token in self.tokens)

    @cached_property
    def word_count(self) -> int:
        """How many tokens hold a letter or digit (emoji do not count)."""
        return sum(token.text[0].isalnum() for token in self.tokens)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The characters of the original from token ``first`` up to and without token ``last``."""
        return self.tokens[first].start, self.tokens[last - 1].end

    def __str__(self) -> str:
        return " ".join(self.words)


class _Folds(dict[str, str]):
    """What one original character is read as: ``""`` (dropped), a space, a border or letters."""

    def __missing__(self, char: str) -> str:
        folded = _fold(char)
        if len(self) < 20_000:  # hostile input must not fill the memory
            self[char] = folded
        return folded


def _fold(char: str) -> str:
    if char in _APOSTROPHES:
        return ""
    if char in _BORDERS or char in "\n\r\u2028\u2029\x0b\x0c":
        return "\n"
    if char in "@$":  # kept for a moment: they stand for letters inside a word
        return char
    if char.isspace() or char == "_":
        return " "
    if unicodedata.category(char) == "So" and char.isprintable() and not unicodedata.decomposition(char):
        return char
    folded = "".join(_fold_part(part) for part in unicodedata.normalize("NFKD", char).casefold())
    # one character never makes two words: both would stand on the same span
    return re.sub(r"\s", "", folded) or folded[:1]


def _fold_part(part: str) -> str:
    part = _LOOKALIKES.get(part, part)
    if part in _EXPANDED:
        return _EXPANDED[part]
    category = unicodedata.category(part)
    if category[0] == "L":
        # folding may leave marks behind, as in the Turkish dotted i
        return part
    if category[0] == "N":
        digit = unicodedata.digit(part, None)
        return part if digit is None else str(digit)
    if category[0] in "PZ" or category in {"Sm", "Sc"}:
        return "\n" if part in _BORDERS else " "
    if category == "So":
        return part
    return ""  # marks, control, formatting, surrogates, unassigned, skin tones


_FOLDS = _Folds()


def normalise(text: str) -> Normalised:
    """Read ``text`` as tokens and sentences; takes any text, in time linear in its length."""
    pieces = list(map(_FOLDS.__getitem__, text))
    positions = list(chain.from_iterable(map(repeat, range(len(text)), map(len, pieces))))
    folded = "".join(pieces)
    folded = _LEET_INSIDE.sub(lambda found: found.group().translate(_LEET), folded)
    folded = folded.replace("@", " ").replace("$", " ")
    return _Reader(text, folded, positions).read()


def read_form(form: str) -> tuple[str, ...]:
    """The words of a short form as messages are read; quick where there is nothing to change."""
    return (form,) if _PLAIN.fullmatch(form) else normalise(form).words


class _Reader:
    """Cuts a folded text into tokens and sentences."""

    def __init__(self, original: str, folded: str, positions: list[int]) -> None:
        self._original = original
        self._folded = folded
        self._positions = positions
        self._tokens: list[Token] = []
        self._sentences: list[tuple[int, int]] = []
        self._opened = 0

    def read(self) -> Normalised:
        done = 0
        for found in _SPELLED_OUT.finditer(self._folded):  # "s.u.i.c.i.d.e", "s u i c i d e"
            self._cut(done, found.start())
            self._add(re.sub(r"[ \n]", "", found.group()), found.start(), found.end())
            done = found.end()
        self._cut(done, len(self._folded))
        self._close()
        return Normalised(self._original, tuple(self._tokens), tuple(self._sentences))

    def _cut(self, start: int, end: int) -> None:
        for found in _TOKEN.finditer(self._folded, start, end):
            word = found.group()
            if word == "\n":
                if not self._is_soft(found.start()):
                    self._close()
            else:
                self._add(word, found.start(), found.end())

    def _is_soft(self, at: int) -> bool:
        """A line break before a small letter, or a point after an abbreviation, ends no sentence."""
        char = self._original[self._positions[at]]
        if char == ".":
            return bool(self._tokens) and self._tokens[-1].text in _ABBREVIATIONS
        following = self._original[self._positions[at] + 1 : self._positions[at] + 2]
        return char in "\n\r" and following.islower()

    def _add(self, word: str, start: int, end: int) -> None:
        if len(word) > 2:
            word = _REPEATED.sub(r"\1", word)
        first, last = self._positions[start], self._positions[end - 1] + 1
        if not word.isalnum() and self._tokens and self._tokens[-1].text == word:
            self._tokens[-1] = Token(word, self._tokens[-1].start, last)
            return
        self._tokens.append(Token(word, first, last))

    def _close(self) -> None:
        if len(self._tokens) > self._opened:
            self._sentences.append((self._opened, len(self._tokens)))
            self._opened = len(self._tokens)
