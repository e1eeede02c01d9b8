"""Scales and thresholds from held-back scores; scores of flags from whole messages and stretches."""

from itertools import pairwise

import numpy as np
import pytest

from bot.matching.learn import fit_flag_scale, fit_temperature
from bot.matching.model import flag_scores, stretches
from bot.matching.normalise import normalise

PRESENT = np.array([True] * 20 + [False] * 200)
SCORES = np.concatenate((np.linspace(0.05, 1.0, 20), np.linspace(-1.0, 0.1, 200)))
CALM = ~PRESENT


def raised(threshold: float, which: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return float((SCORES[which] >= threshold).mean())


def test_threshold_reaches_the_recall_where_alarms_allow() -> None:
    scale = fit_flag_scale(SCORES, PRESENT, CALM, 0.9, (0.0, 0.5))
    assert raised(scale.threshold, PRESENT) >= 0.9


def test_threshold_keeps_false_alarms_below_the_greater_share() -> None:
    scale = fit_flag_scale(SCORES, PRESENT, CALM, 1.0, (0.0, 0.02))
    assert raised(scale.threshold, CALM) <= 0.021


def test_threshold_goes_lower_where_alarms_are_rare_anyway() -> None:
    scale = fit_flag_scale(SCORES, PRESENT, CALM, 0.5, (0.01, 0.02))
    assert raised(scale.threshold, PRESENT) > 0.9


def test_confidence_grows_with_the_score() -> None:
    scale = fit_flag_scale(SCORES, PRESENT, CALM, 0.9, (0.01, 0.02)).scale
    assert scale.logistic(-1) < scale.logistic(0.1) < scale.logistic(1)


@pytest.mark.parametrize("right", [0.5, 0.9])
def test_confidence_of_intents_tells_how_often_they_are_right(right: float) -> None:
    """Of two intents with the scores 1 and 0 the first is right in a known share."""
    truth = np.array([0 if number < right * 100 else 1 for number in range(100)])
    scale = fit_temperature(np.tile([1.0, 0.0], (100, 1)), truth)
    assert scale.softmax(np.array([1.0, 0.0]))[0] == pytest.approx(max(right, 0.54), abs=0.03)


def test_a_flag_is_half_the_message_and_half_its_strongest_stretch() -> None:
    wholes = np.array([[-1.0, -1.0], [0.5, 0.5]], dtype=np.float32)
    parts = np.array([[-2.0, -2.0], [1.0, 1.0], [0.0, 0.0]], dtype=np.float32)
    scores = flag_scores(("violence", "child_user"), wholes, parts, np.array([0, 0, 1]))
    assert scores.tolist() == [[0.0, -1.0], [0.5, 0.5]]  # who writes shows in the whole only


def test_a_long_sentence_is_read_in_overlapping_stretches() -> None:
    read = normalise("palabra " * 60)
    found = stretches(read)
    assert found[0][0] == 0
    assert found[-1][1] == 60
    assert all(later[0] < earlier[1] for earlier, later in pairwise(found))


def test_a_short_sentence_is_not_read_twice() -> None:
    assert stretches(normalise("una sola frase")) == []
