"""Figures, worked out by hand on a few messages."""

from pathlib import Path
from typing import Any

import pytest

from bot.core.reading import FlagHit, Ranked, Reading
from bot.errors import ContentError
from bot.matching.evaluate import evaluate, load_messages, measure, predict, wilson_lower


def message(
    text: str, intent: str, *flags: str, also: tuple[str, ...] = (), lang: str = "es"
) -> dict[str, Any]:
    return {
        "id": text,
        "text": text,
        "intent": intent,
        "flags": list(flags),
        "also": list(also),
        "lang": lang,
    }


def reader(answers: dict[str, tuple[list[str], list[str], str]]) -> Any:
    def read(text: str) -> Reading:
        ranking, flags, language = answers[text]
        return Reading(
            text,
            language,
            1.0,
            tuple(Ranked(name, 0.5) for name in ranking),
            tuple(FlagHit(name, 1.0) for name in flags),
            words=len(text.split()),
        )

    return read


MESSAGES = [
    message("one two three four", "a", "violence"),
    message("two", "a", also=("b",)),
    message("three", "b", "violence", "human_requested"),
    message("four three two one", "c", lang="en"),
]
ANSWERS = {
    "one two three four": (["a", "b"], ["violence"], "es"),
    "two": (["b", "a"], ["human_requested"], "en"),  # accepted; asking for a person is no alarm
    "three": (["c", "d", "a", "b"], [], "es"),
    "four three two one": (["c"], ["child_user"], "es"),
}


def test_figures() -> None:
    result = evaluate(reader(ANSWERS), MESSAGES)
    overall = result["overall"]
    assert list(result["languages"]) == ["en", "es"]
    assert (overall["n"], overall["accuracy"], overall["top3"]) == (4, 0.75, 0.75)
    # a: 2 of 2; b: none of 1; c: 1 of 1, given twice
    assert overall["macro_f1"] == round((1 + 0 + 2 / 3) / 3, 4)
    assert overall["flags"]["violence"] == {"n": 2, "recall": 0.5, "lower95": 0.0945, "upper95": 0.9055}
    assert overall["flags"]["human_requested"]["recall"] == 0.0
    assert overall["false_alarm_rate"] == 0.5
    assert overall["language_accuracy"] == 0.5  # measured on messages of four words or more
    assert overall["p99_ms"] >= overall["p50_ms"] >= 0


def test_nothing_to_measure_is_none_and_no_failure() -> None:
    overall = measure([])["overall"]
    assert (overall["n"], overall["accuracy"], overall["macro_f1"], overall["p50_ms"]) == (
        0,
        None,
        None,
        None,
    )


def test_messages_without_flags_or_language_are_measured() -> None:
    result = evaluate(reader({"x": (["a"], [], "und")}), [{"text": "x", "intent": "a"}])
    assert (result["overall"]["accuracy"], result["languages"]) == (1.0, {})


def test_prediction_names_the_message() -> None:
    (prediction,) = predict(reader(ANSWERS), MESSAGES[:1])
    assert prediction.as_dict()["id"] == "one two three four"
    assert prediction.as_dict()["intent"]["name"] == "a"


@pytest.mark.parametrize(
    ("right", "count", "lower"),
    [(10, 10, 0.7225), (0, 5, 0.0), (95, 100, 0.8882)],  # Wilson's interval, known values
)
def test_wilson(right: int, count: int, lower: float) -> None:
    assert wilson_lower([True] * right + [False] * (count - right)) == lower


def test_messages_are_read_from_lines(tmp_path: Path) -> None:
    path = tmp_path / "es.jsonl"
    path.write_text('{"text": "hola", "intent": "greet"}\n\n{"text": "no", "intent": "deny", "flags": []}\n')
    assert [item["text"] for item in load_messages([path])] == ["hola", "no"]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"text": "x"}', '{"text": 1, "intent": "a"}', '{"text": "x", "intent": "a", "also": "b"}'],
)
def test_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "es.jsonl"
    path.write_text('{"text": "hola", "intent": "greet"}\n' + line)
    with pytest.raises(ContentError, match=r"es\.jsonl, line 2"):
        load_messages([path])


def test_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "es.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ContentError, match=r"es\.jsonl"):
        load_messages([path, tmp_path / "missing.jsonl"])
