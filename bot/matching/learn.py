"""Fits linear layers and their scales; the only module that needs scikit-learn.

What is fitted here is used by ``model`` with numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.matching.features import Rows, Seen, Vocabulary
from bot.matching.model import FlagScale, Layer, Scale

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RARE = 2
"""Features seen in fewer messages than this are not kept."""
_SMOOTHING = 0.3

Result = TypeVar("Result")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def in_parallel(
    work: Callable[..., Result], calls: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[Result]:
    """The results of the calls, in order and as they come, by ``workers`` processes.

    Processes and not threads: threads would share liblinear's random numbers, and training
    twice would give two models.
    """
    from sklearn.utils.parallel import Parallel, delayed

    if workers < 2 or len(calls) < 2:
        yield from (work(*call) for call in calls)
    else:
        yield from Parallel(n_jobs=workers, return_as="generator")(delayed(work)(*call) for call in calls)


def build_vocabulary(messages: Sequence[Seen]) -> Vocabulary:
    """The features that stand in at least two messages, with their rarity (smoothed idf)."""
    distinct = [np.unique(seen.which) for seen in messages]
    joined = np.concatenate(distinct) if distinct else np.empty(0, np.uint64)
    numbers, counts = np.unique(joined, return_counts=True)
    kept = counts >= (RARE if len(messages) > 50 else 1)
    rarity = np.log((1 + len(messages)) / (1 + counts[kept])) + 1
    return Vocabulary(numbers[kept], rarity.astype(np.float32))


def matrix(rows: Sequence[Rows], width: int) -> csr_matrix:
    """Rows of many messages stacked into one sparse matrix of ``width`` columns."""
    from scipy.sparse import csr_matrix

    lengths = np.concatenate([np.diff(part.starts) for part in rows])
    starts = np.concatenate(([0], np.cumsum(lengths)))
    columns = np.concatenate([part.columns for part in rows])
    values = np.concatenate([part.values for part in rows])
    return csr_matrix((values.astype(np.float64), columns, starts), shape=(len(lengths), width))


def fit_classes(x: csr_matrix, labels: Sequence[str], strictness: float, bayes: float = 0.0) -> Layer:
    """One linear support vector machine a label, each against all others.

    Small labels weigh more than their count, by the square root. ``bayes`` is the share of
    complement naive Bayes that is added: it is linear too, and ranks rare labels better.
    """
    from sklearn.naive_bayes import ComplementNB
    from sklearn.svm import LinearSVC

    names, coded, counts = np.unique(np.array(labels, dtype=object), return_inverse=True, return_counts=True)
    if len(names) < 2:
        return Layer(
            tuple(names), np.zeros((x.shape[1], len(names)), np.float32), np.zeros(len(names), np.float32)
        )
    weights = dict(enumerate(np.sqrt(len(coded) / (len(names) * counts))))
    machine = LinearSVC(C=strictness, class_weight=weights, tol=0.01, random_state=0).fit(x, coded)
    coefficients, biases = machine.coef_, machine.intercept_
    if len(names) == 2:
        coefficients, biases = np.vstack((-coefficients, coefficients)), np.concatenate((-biases, biases))
    if bayes:
        speaks = ComplementNB(alpha=_SMOOTHING).fit(x, coded).feature_log_prob_
        coefficients = coefficients + bayes * (speaks - speaks.mean(axis=0))
    return Layer(
        tuple(str(name) for name in names),
        np.ascontiguousarray(coefficients.T, dtype=np.float32),
        biases.astype(np.float32),
    )


def fit_flag(x: csr_matrix, present: Bools, strictness: float) -> tuple[Floats, float]:
    """Weights and bias that tell rows with a flag from rows without it."""
    from sklearn.svm import LinearSVC

    share = max(float(present.mean()), 1e-6)
    weights = {True: (1 / (2 * share)) ** 0.5, False: (1 / (2 * (1 - share))) ** 0.5}
    machine = LinearSVC(C=strictness, class_weight=weights, tol=0.01, random_state=0).fit(x, present)
    return machine.coef_[0], float(machine.intercept_[0])


def fit_temperature(scores: NDArray[Any], truth: Ints) -> Scale:
    """The slope at which the softmax of held-back scores tells the truth best (least log loss)."""
    from scipy.optimize import minimize_scalar

    usable = truth >= 0
    if scores.shape[1] < 2 or not usable.any():
        return Scale()
    scores, truth = scores[usable].astype(np.float64), truth[usable]

    def loss(log_slope: float) -> float:
        chances = Scale(float(np.exp(log_slope))).softmax(scores)
        return -float(np.mean(np.log(chances[np.arange(len(truth)), truth] + 1e-9)))

    return Scale(float(np.exp(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x)))


def fit_flag_scale(
    scores: Floats, present: Bools, calm: Bools, wanted: float, alarms: tuple[float, float]
) -> FlagScale:
    """Where to raise a flag, from held-back scores.

    ``calm`` marks messages without any danger flag. The threshold reaches the ``wanted`` recall
    unless more than the greater share of ``alarms`` of calm messages would raise the flag; it is
    lower where no more than the smaller share does: missing a child in danger is worse than
    asking once too often.
    """
    positive = np.sort(scores[present])
    needed = float(positive[int((1 - wanted) * len(positive))]) if len(positive) else np.inf
    least, most = (float(np.quantile(scores[calm], 1 - share)) if calm.any() else needed for share in alarms)
    return FlagScale(min(max(needed, most), least), _logistic(scores, present))


def _logistic(scores: Floats, present: Bools) -> Scale:
    from sklearn.linear_model import LogisticRegression

    if present.all() or not present.any():
        return Scale()
    fitted = LogisticRegression(C=100.0).fit(scores.reshape(-1, 1), present)
    return Scale(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))
