"""Words of all languages that mean the same, so that one language learns from the examples of another.

A concept is an entity form of the entity "concept" (in ``intents/<language>/concepts.yml``): its
value names the concept, its forms are words or short phrases, with ``*`` for any beginning or
ending. What "burl*" says in Spanish, "moqu*" in French and "*cheka*" in Swahili is one feature to
the trained model. Concepts are never shown to anybody and raise nothing by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from bot.core.nlu import EntityForms
from bot.matching.normalise import Normalised, normalise
from bot.matching.wordforms import WordForms

CONCEPT = "concept"
_SPOKEN_ALONG = {"gn": ("es",)}
"""Languages mixed into another in one sentence: jopara is Guarani and Spanish."""
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


class _Lexicon:
    """The word list of one language."""

    def __init__(self, language: str, rows: Sequence[tuple[tuple[str, ...], str]]) -> None:
        self._elides = language == "fr"
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for row, name in rows:
            if row:
                self._by_first[row[0]].append((row, name))
        self._forms = WordForms(word for row, _ in rows for word in row)

    def find(self, words: Sequence[str]) -> set[tuple[int, str]]:
        forms = [self._of(word) for word in words]
        found: set[tuple[int, str]] = set()
        for at, firsts in enumerate(forms):
            for row, name in (entry for first in firsts for entry in self._by_first.get(first, ())):
                here = forms[at : at + len(row)]
                if len(here) == len(row) and all(word in each for word, each in zip(row, here, strict=True)):
                    found.add((at, name))
        return found

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
        read = normalise(part.strip("*")).words
        if read and part.endswith("*"):
            read = (*read[:-1], read[-1] + "*")
        if read and part.startswith("*"):
            read = ("*" + read[0], *read[1:])
        words += read
    return tuple(words)
