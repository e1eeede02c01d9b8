"""Finds what a message names: platform, age of a child, audience, country, topic.

Ways of writing come from the content; ages are read here, from digits and from number words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from bot.core.nlu import EntityForms
from bot.core.reading import EntityHit
from bot.matching.concepts import CONCEPT, form_words
from bot.matching.normalise import Normalised
from bot.matching.wordforms import WordForms

OLDEST = 19
"""Ages above this are no child's and are left out."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BARE_FROM = 5
"""Below this "tiene 2" speaks of things rather than years."""
_UNITS = _set("anos ano anios anitos anito anyos aos years year yrs yr yo ans an miaka imyaka ary aino agno")
_UNITS_BEFORE = frozenset({"miaka", "imyaka"})
_AGED = _set("tiene tengo cumplio cumple edad aged age turned turning is im shes hes umri afite")
_CHILD = _set(
    "hija hijo hijita hijito ija ijo nina nino sobrina sobrino nieta nieto hermana hermano hermanita alumna "
    "alumno chica chico muchacha muchacho daughter son girl boy kid child niece nephew sister brother "
    "student fille fils garcon enfant niece neveu soeur frere eleve mtoto binti msichana mvulana umwana "
    "umukobwa umuhungu memby mitakuna mitai mitakariay"
)
_ELAPSED_BEFORE = _set("hace ase hase durante por desde for since depuis pendant kwa last past")
_ELAPSED_AFTER = _set("ago atras since iliyopita ishize later")
_GLUED = re.compile(r"(\d{1,2})(?:yo|yrs?|years?|anos?|anios|ans|a|y)")

_NUMBER_WORDS: dict[str, int] = {}
for _words in (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis "
    "diecisiete dieciocho diecinueve",
    "_ deux trois quatre cinq _ sept huit neuf dix onze douze treize quatorze quinze seize",
    "mmoja mbili tatu nne tano sita saba nane tisa kumi",
    "umwe ibiri itatu ine itanu itandatu irindwi umunani icyenda icumi",
    "petei mokoi mbohapy irundy po",
):
    _NUMBER_WORDS.update({word: n for n, word in enumerate(_words.split(), 1) if word != "_"})
_NUMBER_WORDS.update({"un": 1, "kumi": 10, "cumi": 10})
_JOINED_TENS = {"nibiri": 2, "nitatu": 3, "nine": 4, "nitanu": 5, "nitandatu": 6, "nirindwi": 7, "numwe": 1}
_JOINED_TENS.update({"numunani": 8, "nicyenda": 9})


class EntityFinder:
    """Finds entities in read messages."""

    def __init__(self, entities: Sequence[EntityForms]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str, str]]] = defaultdict(list)
        words: set[str] = set()
        for item in (item for item in entities if item.entity != CONCEPT):
            for form in item.forms:
                row = form_words(form)
                if row:
                    words.update(row)
                    self._by_first[row[0]].append((row, item.entity, item.value))
        for rows in self._by_first.values():
            rows.sort(key=lambda entry: -len(entry[0]))
        self._forms = WordForms(words)

    def find(self, read: Normalised) -> tuple[EntityHit, ...]:
        """Entities in the order of the text; of two that overlap and are of one kind the longer."""
        hits = [*self._named(read), *ages(read)]
        hits.sort(key=lambda hit: (hit.start, hit.start - hit.end))
        kept: list[EntityHit] = []
        ends: dict[str, int] = {}
        for hit in hits:
            if hit.start >= ends.get(hit.entity, 0):
                kept.append(hit)
                ends[hit.entity] = hit.end
        return tuple(kept)

    def _named(self, read: Normalised) -> list[EntityHit]:
        forms = [frozenset(self._forms.of(word)) for word in read.words]
        hits: list[EntityHit] = []
        for at, firsts in enumerate(forms):
            for row, entity, value in (entry for first in firsts for entry in self._by_first.get(first, ())):
                here = forms[at : at + len(row)]
                if len(here) == len(row) and all(word in at_ for word, at_ in zip(row, here, strict=True)):
                    hits.append(EntityHit(entity, value, *read.span(at, at + len(row))))
        return hits


def ages(read: Normalised) -> list[EntityHit]:
    """Ages of children that a message gives, in years, as digits."""
    words = read.words
    hits: list[EntityHit] = []
    at = 0
    while at < len(words):
        years, after = _number(words, at)
        if years is None or after == at:
            at += 1
            continue
        span = _aged(words, at, after)
        if span is not None and 1 <= years <= OLDEST:
            hits.append(EntityHit("age", str(years), *read.span(*span)))
        at = after
    return hits


def _number(words: Sequence[str], at: int) -> tuple[int | None, int]:
    """The number that starts at a word, and the word after it."""
    word = words[at]
    if word.isdecimal() and len(word) <= 2:
        return int(word), at + 1
    glued = _GLUED.fullmatch(word)
    if glued:
        return int(glued.group(1)), at + 1
    number = _NUMBER_WORDS.get(word)
    if number is None:
        return None, at
    following = words[at + 1] if at + 1 < len(words) else ""
    if number == 10 and word in {"kumi", "cumi"}:  # "kumi na mbili", "cumi n'ibiri"
        if following in _JOINED_TENS:
            return 10 + _JOINED_TENS[following], at + 2
        if following == "na" and at + 2 < len(words) and _NUMBER_WORDS.get(words[at + 2], 10) < 10:
            return 10 + _NUMBER_WORDS[words[at + 2]], at + 3
    return number, at + 1


def _aged(words: Sequence[str], at: int, after: int) -> tuple[int, int] | None:
    """The words that make a number an age, or None where nothing says that it is one."""
    before = words[at - 1] if at else ""
    earlier = words[at - 2] if at > 1 else ""
    following = words[after] if after < len(words) else ""
    later = words[after + 1] if after + 1 < len(words) else ""
    spelled = not words[at][0].isdigit()
    if before in _UNITS_BEFORE:
        return None if earlier in _ELAPSED_BEFORE or following in _ELAPSED_AFTER else (at - 1, after)
    if following in _UNITS and not (
        spelled and following in {"an", "ano", "year"} and _number(words, at)[0] == 1
    ):
        elapsed = before in _ELAPSED_BEFORE or later in _ELAPSED_AFTER
        return None if elapsed else (at, after + 1)
    if not words[at].isdecimal() and not spelled:
        return at, after
    if spelled:
        return None
    child = before in _CHILD or (before in {"de", "of", "wa", "w"} and earlier in _CHILD)
    aged = before in _AGED and int(words[at]) >= _BARE_FROM
    return (at, after) if child or aged else None
