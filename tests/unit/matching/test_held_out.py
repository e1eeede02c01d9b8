"""What measures the matcher is never copied into its examples, not even nearly."""

from pathlib import Path

from bot.content.library import Library
from bot.core.nlu import Example
from bot.matching.duplicates import find_copies
from bot.matching.evaluate import load_messages

HELD_OUT = Path(__file__).parents[2] / "data" / "heldout"
LEAST = {"es": 200, "en": 120, "fr": 100, "sw": 80, "rw": 80, "gn": 80}


def messages(language: str) -> list[Example]:
    found = load_messages([HELD_OUT / f"{language}.jsonl"])
    return [Example(item["text"], item["intent"], language, line=at) for at, item in enumerate(found, 1)]


def test_there_are_enough_of_them() -> None:
    counts = {language: len(messages(language)) for language in LEAST}
    assert {language for language, least in LEAST.items() if counts[language] < least} == set()


def test_none_stands_in_the_examples(library: Library) -> None:
    held_out = [item for language in LEAST for item in messages(language)]
    copies = find_copies(library.training.examples, held_out)
    places = [f"{item.first.file}:{item.first.line} line {item.second.line}" for item in copies]
    assert places == []
