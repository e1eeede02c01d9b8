"""Words of all languages that mean the same, so that one language learns from the examples of another.

A concept is an entity form of the entity "concept" (in ``intents/<language>/concepts.yml``): its
value names the concept, its forms are words or short phrases, with ``*`` for any beginning or
ending. What "burl*" says in Spanish, "moqu*" in French and "*cheka*" in Swahili is one feature to
the trained model. Concepts are never shown to anybody and raise nothing by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.core.nlu import EntityForms
from bot.matching.normalise import Normalised, read_form
from bot.matching.wordforms import WordForms

CONCEPT = "concept"
_SPOKEN_ALONG = {"gn": ("es",), "sw": ("en",), "rw": ("en", "fr")}
"""Languages mixed into another in one sentence: jopara is Guarani and Spanish, and phones, schools
and apps are spoken of in English or French elsewhere."""
_CACHED = 20_000
_ELIDED = ("l", "d", "j", "s", "m", "t", "n", "c", "qu")
_VOWELS = frozenset("aeiouyh")


def with_along(languages: Collection[str]) -> frozenset[str]:
    """Languages, and those that are mixed into them."""
    along = (other for language in languages for other in _SPOKEN_ALONG.get(language, ()))
    return frozenset((*languages, *along))


class ConceptIndex:
    """Finds concepts in read messages."""

    def __init__(self, entities: Sequence[EntityForms]) -> None:
        rows: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for item in entities:
            if item.entity == CONCEPT:
                rows[item.language] += [(form_words(form), item.value) for form in item.forms]
        self._lexicons = {language: _Lexicon(language, found) for language, found in rows.items()}

    def find(self, read: Normalised, languages: Collection[str]) -> tuple[tuple[int, str], ...]:
        """Concepts as (token, name), ordered, by the word lists of these languages; of all if none is given."""
        spoken = {*(with_along(languages) or self._lexicons), ""}
        found = {
            hit
            for language in spoken
            if language in self._lexicons
            for hit in self._lexicons[language].find(read.words)
        }
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class _Word:
    """What a word may mean: its forms, its concepts, and the phrases that it may begin.

    Phrases are found by their second word, and are given without their first.
    """

    forms: frozenset[str]
    names: tuple[str, ...]
    longer: dict[str, list[tuple[tuple[str, ...], str]]]


class _Lexicon:
    """The word list of one language."""

    def __init__(self, language: str, rows: Sequence[tuple[tuple[str, ...], str]]) -> None:
        self._elides = language == "fr"
        self._single: dict[str, list[str]] = defaultdict(list)
        self._longer: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for row, name in rows:
            if len(row) == 1:
                self._single[row[0]].append(name)
            elif row:
                self._longer[row[0]].append((row[1:], name))
        self._forms = WordForms(word for row, _ in rows for word in row)
        self._known: dict[str, _Word] = {}

    def find(self, words: Sequence[str]) -> set[tuple[int, str]]:
        read = [self._word(word) for word in words]
        found = {(at, name) for at, word in enumerate(read) for name in word.names}
        for at, (word, following) in enumerate(pairwise(read)):
            for second in following.forms if word.longer else ():
                for rest, name in word.longer.get(second, ()):
                    here = read[at + 1 : at + 1 + len(rest)]
                    if len(here) == len(rest) and all(w in h.forms for w, h in zip(rest, here, strict=True)):
                        found.add((at, name))
        return found

    def _word(self, word: str) -> _Word:
        known = self._known.get(word)
        if known is None:
            forms = frozenset(self._of(word))
            longer: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
            for rest, name in (entry for form in forms for entry in self._longer.get(form, ())):
                longer[rest[0]].append((rest, name))
            names = tuple(name for form in forms for name in self._single.get(form, ()))
            known = _Word(forms, names, longer)
            if len(self._known) < _CACHED:  # hostile input must not fill the memory
                self._known[word] = known
        return known

    def _of(self, word: str) -> tuple[str, ...]:
        forms = self._forms.of(word)
        if self._elides:  # l'ecole is read as one word
            for start in _ELIDED:
                if word.startswith(start) and word[len(start) : len(start) + 1] in _VOWELS:
                    forms += self._forms.of(word[len(start) :])
        return forms


def form_words(form: str) -> tuple[str, ...]:
    """The words of a form as messages are read; stars before and after a word stay."""
    words: list[str] = []
    for part in form.split():
        read = read_form(part.strip("*"))
        if read and part.endswith("*"):
            read = (*read[:-1], read[-1] + "*")
        if read and part.startswith("*"):
            read = ("*" + read[0], *read[1:])
        words += read
    return tuple(words)
