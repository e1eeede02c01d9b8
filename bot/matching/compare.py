"""Compares ways to tell intents, by cross-validation by writer.

Every method sees the same folds: what a writer wrote is read by a model that never saw that
writer. Vocabulary and rarity are counted over all messages, which uses no answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bot.core.nlu import TrainingData
from bot.matching.corpus import Corpus, Progress
from bot.matching.features import CONCEPT_PAIRS, CONCEPTS, PIECES, WORDS
from bot.matching.learn import Bools, Floats, fit_classes
from bot.matching.model import Layer
from bot.matching.train import Settings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_UNSEEN = -1e6
Fit = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to tell intents: which kinds of features, and what is fitted on them."""

    name: str
    blocks: tuple[int, ...]
    fit: Fit


@dataclass(frozen=True, slots=True)
class Row:
    """What a method reached: shares from 0 to 1, and the seconds of one fold's fitting."""

    method: str
    accuracy: float
    top3: float
    macro_f1: float
    seconds: float
    languages: dict[str, float]


def methods(settings: Settings) -> tuple[Method, ...]:
    """The methods compared; the last is the one in use."""
    letters = (PIECES, WORDS)
    return (
        Method("words, naive Bayes", (WORDS,), _bayes),
        Method("pieces and words, complement naive Bayes", letters, _complement_bayes),
        Method("words, linear SVM", (WORDS,), _svm(settings)),
        Method("pieces, linear SVM", (PIECES,), _svm(settings)),
        Method("pieces and words, ridge", letters, _ridge),
        Method("pieces and words, linear SVM", letters, _svm(settings)),
        Method("concepts alone, linear SVM", (CONCEPTS, CONCEPT_PAIRS), _svm(settings)),
        Method("pieces, words and concepts, linear SVM", (*letters, CONCEPTS, CONCEPT_PAIRS), _svm(settings)),
        Method(
            "pieces, words and concepts, linear SVM with complement naive Bayes",
            (*letters, CONCEPTS, CONCEPT_PAIRS),
            _in_use(settings),
        ),
    )


def compare(
    data: TrainingData,
    progress: Progress | None = None,
    chosen: Sequence[Method] | None = None,
    settings: Settings | None = None,
) -> list[Row]:
    """One row a method, in their order."""
    settings = settings or Settings()
    tell = progress or (lambda step, share: None)
    corpus = Corpus(data, lambda step, share: tell(step, share / 2))
    folds = corpus.folds(settings.folds)
    wanted = tuple(chosen or methods(settings))
    rows = []
    for number, method in enumerate(wanted, 1):
        rows.append(_measure(method, corpus, folds, settings.folds))
        tell(method.name, 0.5 + 0.5 * number / len(wanted))
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    languages = sorted({code for row in rows for code in row.languages})
    heads = ["method", "accuracy", "top 3", "macro F1", *languages, "s a fold"]
    lines = [heads, ["---"] * len(heads)]
    for row in rows:
        own = [f"{row.languages[code]:.3f}" if code in row.languages else "" for code in languages]
        figures = [f"{row.accuracy:.3f}", f"{row.top3:.3f}", f"{row.macro_f1:.3f}"]
        lines.append([row.method, *figures, *own, f"{row.seconds:.1f}"])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _measure(method: Method, corpus: Corpus, folds: NDArray[np.int64], count: int) -> Row:
    from sklearn.metrics import f1_score

    x, truth = corpus.only(*method.blocks), corpus.intents
    names = np.unique(truth)
    scores = np.full((len(truth), len(names)), _UNSEEN)
    started = time.perf_counter()
    for fold in range(count):
        held: Bools = folds == fold
        if held.any() and not held.all():
            _score(method.fit, x, truth, held, names, scores)
    seconds = (time.perf_counter() - started) / count
    best = names[scores.argmax(axis=1)]
    top = names[np.argsort(-scores, axis=1)[:, :3]]
    right = best == truth
    languages = {
        str(code): float(right[corpus.languages == code].mean())
        for code in np.unique(corpus.languages)
        if code
    }
    macro = float(f1_score(truth, best, average="macro", zero_division=0))
    return Row(
        method.name,
        float(right.mean()),
        float((top == truth[:, None]).any(axis=1).mean()),
        macro,
        seconds,
        languages,
    )


def _score(
    fit: Fit, x: csr_matrix, truth: NDArray[Any], held: Bools, names: NDArray[Any], scores: Floats
) -> None:
    fitted = fit(x[~held], truth[~held])
    found = getattr(fitted, "decision_function", None) or fitted.predict_log_proba
    values = np.asarray(found(x[held]))
    if values.ndim == 1:  # two intents alone have one score
        values = np.column_stack((-values, values))
    scores[np.ix_(np.flatnonzero(held), np.searchsorted(names, fitted.classes_))] = values


def _svm(settings: Settings) -> Fit:
    def fit(x: csr_matrix, truth: NDArray[Any]) -> Any:
        from sklearn.svm import LinearSVC

        names, counts = np.unique(truth, return_counts=True)
        weights = dict(zip(names, np.sqrt(len(truth) / (len(names) * counts)), strict=True))
        return LinearSVC(C=settings.intent_strictness, class_weight=weights, tol=0.01, random_state=0).fit(
            x, truth
        )

    return fit


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A layer as scikit-learn would show it."""

    layer: Layer

    @property
    def classes_(self) -> NDArray[Any]:
        return np.array(self.layer.names, dtype=object)

    def decision_function(self, x: csr_matrix) -> NDArray[Any]:
        return np.asarray(x @ self.layer.weights + self.layer.biases)


def _in_use(settings: Settings) -> Fit:
    def fit(x: csr_matrix, truth: NDArray[Any]) -> Any:
        return _Fitted(fit_classes(x, truth.tolist(), settings.intent_strictness, settings.intent_bayes))

    return fit


def _ridge(x: csr_matrix, truth: NDArray[Any]) -> Any:
    from sklearn.linear_model import RidgeClassifier

    return RidgeClassifier(alpha=1.0, solver="sparse_cg").fit(x, truth)


def _bayes(x: csr_matrix, truth: NDArray[Any]) -> Any:
    from sklearn.naive_bayes import MultinomialNB

    return MultinomialNB(alpha=0.05).fit(x, truth)


def _complement_bayes(x: csr_matrix, truth: NDArray[Any]) -> Any:
    from sklearn.naive_bayes import ComplementNB

    return ComplementNB(alpha=0.3).fit(x, truth)
