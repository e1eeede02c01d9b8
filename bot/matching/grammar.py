"""The language that danger patterns are written in, and how one is matched.

A pattern is a row of words: ``word``, ``word*`` (any ending), ``*word`` (any beginning), ``#...``
(a word that is not spelled out, see ``wordforms``), ``(a|b|c d)`` (one of), ``[x]`` (may be left
out), ``_`` (any one word), ``..`` (up to four words between) and ``..8`` (up to eight). It becomes
a small tree that is run on bit sets: bit ``i`` of a set stands for the place before token ``i``.
Running a tree costs a few operations on integers whatever the message holds, so no message can
make a pattern slow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from bot.core.veil import VEILED
from bot.matching.normalise import read_form

MAX_GAP = 8
DEFAULT_GAP = 4
_LEXEME = re.compile(r"\.\.\d*|[()\[\]|]|[^\s()\[\]|]+")


class PatternError(ValueError):
    """A pattern is not written as the language asks; the message says why."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where words stand in one message: ``words[form]`` and ``any`` are bit sets over tokens.

    Sentences are kept apart by a bit that no word and not ``any`` has.
    """

    words: Mapping[str, int]
    any: int
    present: frozenset[str]
    """The forms that stand anywhere; ``words`` has no others."""


class Node(Protocol):
    """A part of a pattern. ``ahead`` moves places over it, ``back`` the other way."""

    def ahead(self, places: Places, at: int) -> int: ...
    def back(self, places: Places, at: int) -> int: ...
    def may_be_empty(self) -> bool: ...
    def needed(self) -> list[frozenset[str]]:
        """Sets of word forms; a message that lacks all forms of one set cannot match."""
        ...

    def forms(self) -> frozenset[str]:
        """Every word form the part mentions."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """One word in any of several forms."""

    choices: frozenset[str]

    def _where(self, places: Places) -> int:
        found = 0
        for form in self.choices & places.present:
            found |= places.words[form]
        return found

    def ahead(self, places: Places, at: int) -> int:
        return (at & self._where(places)) << 1

    def back(self, places: Places, at: int) -> int:
        return (at >> 1) & self._where(places)

    def may_be_empty(self) -> bool:
        return False

    def needed(self) -> list[frozenset[str]]:
        return [self.choices]

    def forms(self) -> frozenset[str]:
        return self.choices


@dataclass(frozen=True, slots=True)
class Gap:
    """From ``least`` to ``most`` words, whichever they are."""

    least: int
    most: int

    def ahead(self, places: Places, at: int) -> int:
        reached = at if self.least == 0 else 0
        for step in range(1, self.most + 1):
            at = (at & places.any) << 1
            if step >= self.least:
                reached |= at
        return reached

    def back(self, places: Places, at: int) -> int:
        reached = at if self.least == 0 else 0
        for step in range(1, self.most + 1):
            at = (at >> 1) & places.any
            if step >= self.least:
                reached |= at
        return reached

    def may_be_empty(self) -> bool:
        return self.least == 0

    def needed(self) -> list[frozenset[str]]:
        return []

    def forms(self) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after the other."""

    parts: tuple[Node, ...]

    def ahead(self, places: Places, at: int) -> int:
        for part in self.parts:
            if not at:
                return 0
            at = part.ahead(places, at)
        return at

    def back(self, places: Places, at: int) -> int:
        for part in reversed(self.parts):
            if not at:
                return 0
            at = part.back(places, at)
        return at

    def may_be_empty(self) -> bool:
        return all(part.may_be_empty() for part in self.parts)

    def needed(self) -> list[frozenset[str]]:
        return [need for part in self.parts for need in part.needed()]

    def forms(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.forms() for part in self.parts))


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any one of several rows."""

    choices: tuple[Node, ...]

    def ahead(self, places: Places, at: int) -> int:
        reached = 0
        for choice in self.choices:
            reached |= choice.ahead(places, at)
        return reached

    def back(self, places: Places, at: int) -> int:
        reached = 0
        for choice in self.choices:
            reached |= choice.back(places, at)
        return reached

    def may_be_empty(self) -> bool:
        return any(choice.may_be_empty() for choice in self.choices)

    def needed(self) -> list[frozenset[str]]:
        each = [choice.needed() for choice in self.choices]
        if not all(each):
            return []
        return [frozenset[str]().union(*(rarest(needs) for needs in each))]

    def forms(self) -> frozenset[str]:
        return frozenset[str]().union(*(choice.forms() for choice in self.choices))


@dataclass(frozen=True, slots=True)
class Perhaps:
    """A part that may be left out."""

    part: Node

    def ahead(self, places: Places, at: int) -> int:
        return at | self.part.ahead(places, at)

    def back(self, places: Places, at: int) -> int:
        return at | self.part.back(places, at)

    def may_be_empty(self) -> bool:
        return True

    def needed(self) -> list[frozenset[str]]:
        return []

    def forms(self) -> frozenset[str]:
        return self.part.forms()


def rarest(needs: list[frozenset[str]]) -> frozenset[str]:
    """Of several needed sets the one least likely to be met by chance: the longest words."""
    return max(needs, key=lambda need: (min(len(form) for form in need), -len(need), sorted(need)))


def parse(pattern: str) -> Node:
    """The tree of a pattern.

    Raises PatternError where the pattern is malformed or would match without any word.
    """
    parser = _Parser(_LEXEME.findall(pattern))
    tree = parser.row()
    if parser.left():
        raise PatternError(f"'{parser.peek()}' closes nothing")
    if not tree.needed():
        raise PatternError("it needs at least one word that may not be left out")
    return tree


class _Parser:
    def __init__(self, lexemes: list[str]) -> None:
        self._lexemes = lexemes
        self._at = 0

    def left(self) -> bool:
        return self._at < len(self._lexemes)

    def peek(self) -> str:
        return self._lexemes[self._at] if self.left() else ""

    def row(self) -> Node:
        parts: list[Node] = []
        while self.left() and self.peek() not in {")", "]", "|"}:
            parts.append(self._part())
        if not parts:
            raise PatternError("a part of it is empty")
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _part(self) -> Node:
        lexeme = self._lexemes[self._at]
        self._at += 1
        if lexeme == "(":
            return self._choices(")")
        if lexeme == "[":
            return Perhaps(self._choices("]"))
        if lexeme == "_":
            return Gap(1, 1)
        if lexeme.startswith(".."):
            return Gap(0, _gap(lexeme))
        return Words(frozenset({_word(lexeme)}))

    def _choices(self, closing: str) -> Node:
        choices = [self.row()]
        while self.peek() == "|":
            self._at += 1
            choices.append(self.row())
        if self.peek() != closing:
            raise PatternError(f"'{closing}' is missing")
        self._at += 1
        return _joined(choices)


def _joined(choices: list[Node]) -> Node:
    """Single words among the choices become one part, which is quicker to run."""
    single = [choice for choice in choices if isinstance(choice, Words)]
    others = [choice for choice in choices if not isinstance(choice, Words)]
    words = frozenset[str]().union(*(choice.choices for choice in single))
    if words:
        others.insert(0, Words(words))
    return others[0] if len(others) == 1 else OneOf(tuple(others))


def _gap(lexeme: str) -> int:
    most = int(lexeme[2:] or DEFAULT_GAP)
    if not 1 <= most <= MAX_GAP:
        raise PatternError(f"'{lexeme}' must let through 1 to {MAX_GAP} words")
    return most


_MIDDLE_FROM = 3


@lru_cache(maxsize=20_000)
def _word(lexeme: str) -> str:
    """The form as messages are read, so that "don't" and "dañ*" are found as "dont" and "dan*"."""
    if VEILED.fullmatch(lexeme):
        return lexeme
    stem = lexeme.strip("*")
    read = read_form(stem)
    if len(read) != 1 or lexeme not in {stem, stem + "*", "*" + stem, "*" + stem + "*"}:
        raise PatternError(f"'{lexeme}' is not one word as messages are read")
    if lexeme != stem and len(read[0]) < (_MIDDLE_FROM if lexeme == f"*{stem}*" else 2):
        raise PatternError(f"'{lexeme}' would match far too many words")
    return lexeme.replace(stem, read[0])
