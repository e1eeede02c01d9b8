"""Writes the model card: what the matcher was trained on, what was measured, what it must not be used for.

Follows "Model Cards for Model Reporting" (Mitchell et al., 2019). Every figure in it is measured when the
card is written; only the words about use and limits stand here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.nlu import TrainingData
from bot.core.taxonomy import LANGUAGES
from bot.matching.evaluate import Prediction

LONG = (35, 100)
"""Words of a long message, as real stories have them."""
_WEAKEST = 8

_USE = """\
## What it is for

It reads one message of a parent, a teacher or a child and names its language, what it asks about, and signs of
danger, each with the words that spoke for it. Amparo chooses checked guidance by it, and puts a conversation with a
sign of danger before people. It decides nothing about anybody.

## What must never be relied on

- **Silence is not safety.** A message without a flag may still tell of danger: see the recall below. The way to a
  person and to the numbers stays open in every answer for this reason.
- A flag is a reason to look, not a finding about a child or an adult. It must not be stored, reported or acted on
  without a person who read the message.
- The confidence of an intent is measured on messages written for this purpose, not on people's own; no message of
  anybody who wrote to a helpline was available.
- Who writes (child or adult) is a guess from the way of writing. It chooses kinder words and a higher priority,
  nothing else.
- Other languages than the six, other subjects, and texts longer than a few thousand characters were not measured.
"""

_METHOD = """\
## Method

Linear support vector machines over runs of two to four characters, words, sounds of words, pairs of words, and
concepts that the word lists of each language share, so that a small language learns from a large one. Confidences
come from messages of writers whom a second model did not see. Flags have two layers, either of which raises one: the
learned layer reads the whole message and each stretch of it, and patterns written by people who know how danger is
said read each sentence; a pattern whose words stand in calm messages too gives way where the learned layer clearly
says no. Everything runs on one core without a network.
"""


def card(data: TrainingData, predictions: Sequence[Prediction], figures: Mapping[str, Any], on: str) -> str:
    """The card as Markdown; ``figures`` are those of the predictions, ``on`` is the date as YYYY-MM-DD."""
    parts = [
        "# Model card: Amparo's matcher",
        f"Written by `amparo card` on {on} from what it measured; do not edit by hand.",
        _USE.rstrip(),
        _examples(data),
        _METHOD.rstrip(),
        _intents(figures),
        _flags(figures),
        _sureness(figures),
        _weaknesses(predictions),
    ]
    return "\n\n".join(parts) + "\n"


def _examples(data: TrainingData) -> str:
    rows = [
        ["language", "examples", f"{LONG[0]} to {LONG[1]} words", "by children", "with danger", "patterns"]
    ]
    for code in LANGUAGES:
        own = [example for example in data.examples if example.language == code]
        long = sum(LONG[0] <= len(example.text.split()) <= LONG[1] for example in own)
        child = sum("child_user" in example.flags for example in own)
        flagged = sum(bool(set(example.flags) - {"child_user", "human_requested"}) for example in own)
        rules = sum(len(rule.patterns) for rule in data.rules if rule.language == code)
        shares = [_percent(part / len(own)) if own else "" for part in (long, child, flagged)]
        rows.append([code, str(len(own)), *shares, str(rules)])
    return (
        "## Data\n\nWritten for this purpose by several hands, each imagining different writers; none was taken from "
        "people. Native speakers have reviewed none of them yet: all are drafts. The held-out messages below were "
        "written by other hands, before, and are never copied into the examples (a test compares them).\n\n"
        + _table(rows)
    )


def _intents(figures: Mapping[str, Any]) -> str:
    heads = ["language", "messages", "right", "95 % bounds", "among three", "macro F1", "language right"]
    rows = [heads, *(_intent_row(code, row) for code, row in _by_language(figures))]
    return "## What it understands, on held-out messages\n\n" + _table(rows)


def _intent_row(code: str, row: Mapping[str, Any]) -> list[str]:
    low, high = row["accuracy_bounds"]
    figures = [_number(row[name]) for name in ("top3", "macro_f1", "language_accuracy")]
    return [code, str(row["n"]), _number(row["accuracy"]), f"{_number(low)}-{_number(high)}", *figures]


def _flags(figures: Mapping[str, Any]) -> str:
    names = sorted({name for _, row in _by_language(figures) for name in row["flags"]})
    rows = [["language", *names, "calm messages with an alarm"]]
    for code, row in _by_language(figures):
        cells = [_flag(row["flags"].get(name)) for name in names]
        rows.append([code, *cells, f"{_number(row['false_alarm_rate'])} of {row['false_alarms']['n']}"])
    return (
        "## What danger it sees\n\nThe share of messages with a flag on which it was raised, with 95 % bounds "
        "(Wilson) and the number of messages.\n\n" + _table(rows)
    )


def _flag(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    return (
        f"{_number(found['recall'])} ({_number(found['lower95'])}-{_number(found['upper95'])}, {found['n']})"
    )


def _sureness(figures: Mapping[str, Any]) -> str:
    row = figures["overall"]["confidence"]
    return (
        "## How sure it is\n\n"
        f"Expected calibration error {_number(row['calibration_error'])}. Where it is sure enough to answer "
        f"({row['sure']['n']} messages) it is right in {_number(row['sure']['accuracy'])}; where it is not "
        f"({row['unsure']['n']}), the right topic is among the three that it offers in "
        f"{_number(row['unsure']['offered'])}."
    )


def _weaknesses(predictions: Sequence[Prediction]) -> str:
    missed = Counter(str(p.message["intent"]) for p in predictions if p.reading.intent.name not in p.accepted)
    every = Counter(str(p.message["intent"]) for p in predictions)
    worst = sorted(missed, key=lambda name: (-missed[name] / every[name], name))[:_WEAKEST]
    rows = [["intent", "not understood", "of", "most often taken for"]]
    for name in worst:
        taken = Counter(
            p.reading.intent.name
            for p in predictions
            if p.message["intent"] == name and p.reading.intent.name not in p.accepted
        )
        rows.append([name, str(missed[name]), str(every[name]), taken.most_common(1)[0][0]])
    words = _by_length(predictions)
    return (
        "## Known weaknesses\n\nThe intents that it understands worst:\n\n"
        + _table(rows)
        + f"\n\nBy length: {words}.\n\n"
        "- The patterns were written by people who had read examples, so they catch fewer new wordings than their own "
        "proofs suggest; the learned layer is what meets new words.\n"
        "- General questions on abuse and messages about adults' own trouble still raise alarms too often.\n"
        "- Kinyarwanda, Guarani and Swahili rest on fewer examples and word lists than Spanish and English."
    )


def _by_length(predictions: Sequence[Prediction]) -> str:
    groups = (("one to four words", 0, 5), ("five to 34", 5, 35), ("35 and more", 35, 10_000))
    parts = []
    for name, least, most in groups:
        own = [p for p in predictions if least <= p.reading.words < most]
        if own:
            right = sum(p.reading.intent.name in p.accepted for p in own) / len(own)
            parts.append(f"{name} {_number(right)} right (of {len(own)})")
    return ", ".join(parts)


def _by_language(figures: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [*figures["languages"].items(), ("all", figures["overall"])]


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
