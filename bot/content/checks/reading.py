"""Plain enough for people who read little: short sentences in every language, and short words where that is measured.

Sentences are counted in all six languages; the limits follow how much one word carries in each (a Guarani or
Kinyarwanda verb is a clause). For Spanish, English and French the usual measures of reading ease are taken over all
the texts of a role: Fernández Huerta 1959, Flesch 1948, Kandel and Moles 1958; 70 is "fairly easy", 80 "easy".
Syllables come from pyphen's hyphenation, which knows no Swahili, Kinyarwanda or Guarani.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache

import pyphen

from bot.content.checks.walk import all_texts
from bot.content.findings import Finding, Severity
from bot.content.library import Library
from bot.content.model import GuidanceText, Texts

LONGEST_SENTENCE = {"es": 24, "en": 24, "fr": 26, "sw": 20, "rw": 18, "gn": 17}
"""Words in a sentence."""

FEWEST_WORDS = 60
"""Ease is measured on at least so many words; below that one long word decides."""

_SENTENCE_END = re.compile(r"[.!?…:;]+(?:\s|$)|\n")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

Ease = Callable[[float, float], float]

EASE: dict[str, tuple[str, Ease, float]] = {
    "es": ("es", lambda syllables, words: 206.84 - 60 * syllables - 1.02 * words, 80),
    "en": ("en_US", lambda syllables, words: 206.835 - 84.6 * syllables - 1.015 * words, 70),
    "fr": ("fr", lambda syllables, words: 207 - 73.6 * syllables - 1.015 * words, 80),
}
"""For each language: pyphen's name, ease from syllables a word and words a sentence, and the least that will do."""


def check(library: Library, _: date) -> Iterator[Finding]:
    for place in all_texts(library.responses):
        limit = LONGEST_SENTENCE.get(place.language)
        for sentence in sentences(place.text):
            if limit is not None and len(sentence) > limit:
                message = (
                    f"a sentence of {len(sentence)} words in the {place.what} (“{' '.join(sentence[:5])} …”); "
                    f"at most {limit} in {place.language}"
                )
                yield Finding(place.file, place.line, "long-sentence", message, Severity.WARNING)
    for texts in library.responses.texts.values():
        if texts.code in EASE:
            yield from _ease(texts)


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence; a colon ends one too, because the eye rests there."""
    found = (_WORD.findall(part) for part in _SENTENCE_END.split(text))
    return [words for words in found if words]


def ease(language: str, texts: Sequence[str]) -> float | None:
    """Reading ease from about 0 (hard) to 100 (very easy); None where too few words stand there."""
    name, formula, _ = EASE[language]
    parts = [words for text in texts for words in sentences(text)]
    words = [word for part in parts for word in part]
    if len(words) < FEWEST_WORDS:
        return None
    syllables = sum(_syllables(name, word.lower()) for word in words)
    return formula(syllables / len(words), len(words) / len(parts))


def _ease(texts: Texts) -> Iterator[Finding]:
    least = EASE[texts.code][2]
    for entry in texts.guidance.values():
        for role, text in entry.roles.items():
            value = ease(texts.code, _all(text))
            if value is not None and value < least:
                message = f"{entry.intent} for {role} reads at {value:.0f}; at least {least:.0f}: shorter words, please"
                yield Finding(entry.file, text.line, "reading-ease", message, Severity.WARNING)


def _all(text: GuidanceText) -> tuple[str, ...]:
    return (text.acknowledge, *text.steps, text.question, *text.more, *text.say, *text.avoid)


@lru_cache(maxsize=20_000)
def _syllables(language: str, word: str) -> int:
    return len(_dictionary(language).positions(word)) + 1


@lru_cache
def _dictionary(language: str) -> pyphen.Pyphen:
    return pyphen.Pyphen(lang=language, left=1, right=1)
