"""Measures a reader of messages on messages whose answers are known."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.dialogue.everyday import CONFIDENT
from bot.core.reading import Reading
from bot.core.taxonomy import CHILD_USER, DANGER_FLAGS
from bot.errors import ContentError

Read = Callable[[str], Reading]
Message = Mapping[str, Any]
_ALARMS = frozenset({*DANGER_FLAGS, CHILD_USER})
_BINS = 10
OFFERED = 3
"""So many likely topics are offered as buttons where the likeliest is not sure enough."""
_LANGUAGE_FROM = 4
"""Language is measured on messages of at least this many words."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A message, what was read in it, and how many milliseconds that took."""

    message: Message
    reading: Reading
    milliseconds: float

    @property
    def accepted(self) -> frozenset[str]:
        return frozenset({self.message["intent"], *self.message.get("also", ())})

    def as_dict(self) -> dict[str, Any]:
        """``{"id", ...reading}`` as written to a file of predictions."""
        return {"id": self.message.get("id"), **self.reading.as_dict()}


def load_messages(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Messages of files in JSON lines; ``intent`` and ``text`` are required in each.

    Raises ContentError naming file and line of what cannot be read.
    """
    messages = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ContentError(f"{path.name}: cannot be read as UTF-8 text") from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                messages.append(_message(line, f"{path.name}, line {number}"))
    return messages


def _message(line: str, place: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise ContentError(f"{place}: is not JSON") from error
    if not isinstance(message, dict) or not all(
        isinstance(message.get(key), str) for key in ("text", "intent")
    ):
        raise ContentError(f"{place}: needs the texts 'text' and 'intent'")
    for key in ("also", "flags"):
        values = message.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ContentError(f"{place}: '{key}' must be a list of texts")
    return message


def predict(read: Read, messages: Iterable[Message]) -> list[Prediction]:
    """Read every message, timing each."""
    predictions = []
    for message in messages:
        started = time.perf_counter()
        reading = read(message["text"])
        predictions.append(Prediction(message, reading, (time.perf_counter() - started) * 1000))
    return predictions


def evaluate(read: Read, messages: Iterable[Message]) -> dict[str, Any]:
    """Read all messages and measure: ``{"overall": figures, "languages": {code: figures}}``."""
    return measure(predict(read, messages))


def measure(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The figures of predictions, overall and by the messages' language."""
    languages = sorted({str(item.message["lang"]) for item in predictions if item.message.get("lang")})
    return {
        "overall": figures(predictions),
        "languages": {
            code: figures([item for item in predictions if item.message.get("lang") == code])
            for code in languages
        },
    }


def figures(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The figures of one set of predictions; shares are None where there is nothing to measure.

    ``accuracy`` and ``top3`` accept any intent of ``also``; ``false_alarm_rate`` is the share of
    messages without a danger flag (all but human_requested) that got one.
    """
    times = sorted(item.milliseconds for item in predictions)
    spoken = [
        item for item in predictions if item.message.get("lang") and item.reading.words >= _LANGUAGE_FROM
    ]
    calm = [item for item in predictions if not _ALARMS.intersection(item.message.get("flags", ()))]
    right = [item.reading.intent.name in item.accepted for item in predictions]
    alarmed = [item for item in calm if _ALARMS & item.reading.flag_names]
    raised = Counter(name for item in alarmed for name in _ALARMS & item.reading.flag_names)
    return {
        "n": len(predictions),
        "accuracy": share(right),
        "accuracy_bounds": (wilson_lower(right), wilson_upper(right)),
        "top3": share([_in_top(item, 3) for item in predictions]),
        "macro_f1": macro_f1(predictions),
        "flags": _flags(predictions),
        "false_alarm_rate": share([bool(_ALARMS & item.reading.flag_names) for item in calm]),
        "false_alarms": {"n": len(calm), **dict(sorted(raised.items()))},
        "confidence": confidence(predictions),
        "language_accuracy": share([item.reading.language == item.message["lang"] for item in spoken]),
        "p50_ms": _percentile(times, 0.50),
        "p99_ms": _percentile(times, 0.99),
    }


def confidence(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """How far confidences can be trusted.

    ``calibration_error``: by how much confidence and accuracy differ, over ten bins of confidence,
    weighted by their messages (expected calibration error; Guo et al., 2017). ``unsure``: the
    messages below `CONFIDENT`, their share, and how often the right intent is among those offered.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for item in predictions:
        chance = item.reading.intent.confidence
        bins.setdefault(min(_BINS - 1, int(chance * _BINS)), []).append((chance, _in_top(item, 1)))
    apart = sum(abs(sum(chance - right for chance, right in group)) for group in bins.values())
    unsure = [item for item in predictions if item.reading.intent.confidence < CONFIDENT]
    sure = [item for item in predictions if item.reading.intent.confidence >= CONFIDENT]
    return {
        "calibration_error": round(apart / len(predictions), 4) if predictions else None,
        "sure": {"n": len(sure), "accuracy": share([_in_top(item, 1) for item in sure])},
        "unsure": {"n": len(unsure), "offered": share([_in_top(item, OFFERED) for item in unsure])},
    }


def _in_top(item: Prediction, count: int) -> bool:
    return any(ranked.name in item.accepted for ranked in item.reading.ranking[:count])


def _flags(predictions: Sequence[Prediction]) -> dict[str, dict[str, Any]]:
    names = sorted({name for item in predictions for name in item.message.get("flags", ())})
    result = {}
    for name in names:
        caught = [
            name in item.reading.flag_names for item in predictions if name in item.message.get("flags", ())
        ]
        result[name] = {
            "n": len(caught),
            "recall": share(caught),
            "lower95": wilson_lower(caught),
            "upper95": wilson_upper(caught),
        }
    return result


def macro_f1(predictions: Sequence[Prediction]) -> float | None:
    """F1 averaged over the intents that the messages have; an accepted other one counts as the main."""
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for item in predictions:
        main, named = item.message["intent"], item.reading.intent.name
        if named in item.accepted:
            named = main
            right[main] += 1
        wanted[main] += 1
        given[named] += 1
    scores = [2 * right[name] / (wanted[name] + given[name]) for name in wanted]
    return round(sum(scores) / len(scores), 4) if scores else None


def share(outcomes: Sequence[bool]) -> float | None:
    """The share that is true, to four places; None of nothing."""
    return round(sum(outcomes) / len(outcomes), 4) if outcomes else None


def wilson_lower(outcomes: Sequence[bool]) -> float | None:
    """The lower end of the 95 % Wilson interval of a share (E. B. Wilson, 1927)."""
    count = len(outcomes)
    if not count:
        return None
    z = 1.959964
    seen = sum(outcomes) / count
    centre = seen + z * z / (2 * count)
    margin = z * math.sqrt(seen * (1 - seen) / count + z * z / (4 * count * count))
    return round(max(0.0, (centre - margin) / (1 + z * z / count)), 4)


def wilson_upper(outcomes: Sequence[bool]) -> float | None:
    """The upper end of the same interval."""
    lower = wilson_lower([not outcome for outcome in outcomes])
    return None if lower is None else round(1 - lower, 4)


def _percentile(ordered: Sequence[float], part: float) -> float | None:
    """The value that ``part`` of the sorted values do not exceed (nearest rank)."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 3)
