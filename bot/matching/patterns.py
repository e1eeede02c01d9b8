"""The pattern layer: raises flags by words alone, so that danger is seen when no model is there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from bot.core.nlu import FlagRule
from bot.core.reading import RULE, Evidence, FlagHit
from bot.core.veil import VEILED
from bot.errors import ContentError
from bot.matching.grammar import Node, OneOf, PatternError, Places, parse, rarest
from bot.matching.normalise import Normalised, normalise
from bot.matching.wordforms import WordForms

UNLESS_REACH = 12
"""How many words from a match a cancelling pattern may stand: dictated messages are one long
sentence, and a joke at its beginning must not hide what comes at its end."""
_MOST_SPANS = 3


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: FlagRule
    patterns: tuple[Node, ...]
    needs: tuple[tuple[frozenset[str], ...], ...]
    """For each pattern, sets of word forms of which a message must hold one each."""
    unless: Node | None

    def possible(self, number: int, present: frozenset[str]) -> bool:
        """Whether a message with these forms may match a pattern: far quicker than trying it."""
        return not any(present.isdisjoint(need) for need in self.needs[number])


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired, and the half-open ranges of tokens that it matched (three at most)."""

    rule: FlagRule
    ranges: tuple[tuple[int, int], ...]


def hits(read: Normalised, fired: Sequence[Fired]) -> tuple[FlagHit, ...]:
    """One hit a flag, with the characters that each of its rules matched."""
    found: dict[str, list[Evidence]] = {}
    for item in fired:
        evidence = [Evidence(*read.span(*tokens), f"{RULE}{item.rule.id}") for tokens in item.ranges]
        found.setdefault(item.rule.flag, []).extend(evidence)
    return tuple(FlagHit(flag, 1.0, tuple(evidence)) for flag, evidence in found.items())


class PatternLayer:
    """All rules of all languages, tried on every message, because people mix languages."""

    def __init__(self, rules: Sequence[FlagRule]) -> None:
        """Compile the rules; raises ContentError naming the rule whose pattern is malformed."""
        self._rules = [_compile(rule) for rule in rules]
        self._by_form: dict[str, list[tuple[int, int]]] = defaultdict(list)
        forms: set[str] = set()
        for index, rule in enumerate(self._rules):
            for node in (*rule.patterns, *filter(None, [rule.unless])):
                forms |= node.forms()
            for number, needs in enumerate(rule.needs):
                for form in rarest(list(needs)):
                    self._by_form[form].append((index, number))
        self._forms = WordForms(forms)

    def scan(self, text: str | Normalised) -> tuple[FlagHit, ...]:
        """The flags raised on a text, each with where in the original text each rule saw it."""
        read = normalise(text) if isinstance(text, str) else text
        return hits(read, list(self.fired(read)))

    def fired(self, read: Normalised, veiled: Mapping[str, str] | None = None) -> Iterator[Fired]:
        """The rules that fire, each with where it matched; ``veiled`` as in `proof`."""
        places, owners = self._places(read, veiled or {})
        worth_trying = {entry for form in places.words for entry in self._by_form.get(form, ())}
        for index, entries in groupby(sorted(worth_trying), key=itemgetter(0)):
            compiled = self._rules[index]
            numbers = [number for _, number in entries if compiled.possible(number, places.present)]
            matches = _matches(compiled, numbers, places) if numbers else []
            if matches:
                ranges = tuple((owners[first], owners[last - 1] + 1) for first, last in matches)
                yield Fired(compiled.rule, ranges)

    def _places(self, read: Normalised, veiled: Mapping[str, str]) -> tuple[Places, list[int]]:
        """Bit sets over the tokens, an empty bit after each sentence; and each bit's token."""
        at: dict[str, int] = defaultdict(int)
        owners: list[int] = []
        everywhere = 0
        for start, end in read.sentences:
            everywhere |= ((1 << (end - start)) - 1) << len(owners)
            for index in range(start, end):
                at[read.words[index]] |= 1 << len(owners)
                owners.append(index)
            owners.append(-1)
        words: dict[str, int] = defaultdict(int)
        for word, where in at.items():
            for form in (veiled[word],) if word in veiled else self._forms.of(word):
                words[form] |= where
        return Places(words, everywhere, frozenset(words)), owners


def _compile(rule: FlagRule) -> _Compiled:
    try:
        patterns = tuple(parse(pattern) for pattern in rule.patterns)
        unless = tuple(parse(pattern) for pattern in rule.unless)
    except PatternError as error:
        raise ContentError(f"rule {rule.id}: {error}") from error
    if not patterns:
        raise ContentError(f"rule {rule.id}: it has no pattern")
    needs = tuple(tuple(pattern.needed()) for pattern in patterns)
    return _Compiled(rule, patterns, needs, OneOf(unless) if unless else None)


def _matches(compiled: _Compiled, numbers: Sequence[int], places: Places) -> list[tuple[int, int]]:
    """Up to three matches that nothing cancels, as half-open ranges of bits."""
    cancelled: int | None = None
    found: list[tuple[int, int]] = []
    for pattern in (compiled.patterns[number] for number in numbers):
        ends = pattern.ahead(places, places.any)
        if ends and cancelled is None:
            cancelled = _near_cancelling(compiled.unless, places) if compiled.unless else 0
        starts = pattern.back(places, ends) & ~(cancelled or 0)
        ends = pattern.ahead(places, starts)
        while ends and len(found) < _MOST_SPANS:
            end = ends & -ends
            ends ^= end
            start = (pattern.back(places, end) & starts).bit_length() - 1
            found.append((start, end.bit_length() - 1))
    return found


def _near_cancelling(unless: Node, places: Places) -> int:
    """The places within reach of a cancelling match and in the same sentence."""
    reached = unless.back(places, unless.ahead(places, places.any))
    for _ in range(UNLESS_REACH):
        reached |= ((reached & places.any) << 1 | reached >> 1) & places.any
    return reached


def proof(message: str) -> tuple[Normalised, dict[str, str]]:
    """A message that proves a rule, read; and which of its words stand for veiled forms."""
    veiled: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        word = "veiled" + "abcdefghij"[len(veiled) % 10]
        veiled[word] = found.group()
        return word

    return normalise(VEILED.sub(stand_in, message)), veiled


def check_rules(rules: Sequence[FlagRule]) -> list[tuple[FlagRule, str]]:
    """Every ``fires`` message on which its rule stays silent, and every ``silent`` one on which it fires."""
    layer = PatternLayer(rules)
    wrong: list[tuple[FlagRule, str]] = []
    for rule in rules:
        for expected, messages in ((True, rule.fires), (False, rule.silent)):
            for message in messages:
                fired = any(item.rule.id == rule.id for item in layer.fired(*proof(message)))
                if fired is not expected:
                    wrong.append((rule, message))
    return wrong
