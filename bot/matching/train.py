"""Trains a model from examples, or takes the one trained before from exactly these examples.

Confidences and thresholds come from cross-validation by writer: what a writer wrote is scored by
a model that never saw that writer, because people who write to the bot were never seen either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import structlog

from bot.core.nlu import TrainingData
from bot.core.taxonomy import CHILD_USER, HUMAN_REQUESTED, IMMINENT_DANGER, SELF_HARM
from bot.errors import ModelError
from bot.matching import concepts, features, learn, modelfile, normalise, wordforms
from bot.matching import corpus as corpus_module
from bot.matching import model as model_module
from bot.matching.corpus import WORKERS, WORTH_PARTING, Corpus, Progress
from bot.matching.learn import Bools, Floats
from bot.matching.model import FlagScale, Layer, Model, flag_scores

_log = structlog.get_logger()
_OF_CALM = 2
"""Of so many stretches of messages without a flag one is learned from: as good, and much quicker."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What training can be tuned by; part of the hash that names a trained model."""

    folds: int = 4
    heavy: int = 8_000_000
    """Above this many values one held-back part must do: training has to end within a minute."""
    intent_strictness: float = 0.8
    intent_bayes: float = 0.15
    language_strictness: float = 0.5
    flag_strictness: float = 0.8
    fewest: int = 3
    """A flag is learned from at least this many examples."""
    grave_recall: float = 0.97
    harm_recall: float = 0.95
    other_recall: float = 0.93
    alarms: tuple[float, float] = (0.005, 0.02)
    """The share of calm messages that may raise each flag: in any case, and to reach the recall."""
    grave_alarms: tuple[float, float] = (0.005, 0.025)
    """The same for the flags of a danger to life: a miss weighs more than a question asked in vain."""


_CODE = (normalise, wordforms, concepts, features, corpus_module, learn, model_module, modelfile)
_GRAVE = frozenset({IMMINENT_DANGER, SELF_HARM})


def data_hash(data: TrainingData, settings: Settings | None = None) -> str:
    """Names the model that these examples, settings and this code give (64 hex digits)."""
    digest = hashlib.sha256(json.dumps(asdict(settings or Settings()), sort_keys=True).encode())
    for module in _CODE:
        digest.update(Path(module.__file__ or "").read_bytes())
    digest.update(Path(__file__).read_bytes())
    for example in data.examples:
        line = [example.text, example.intent, example.language, sorted(example.flags), example.writer]
        digest.update(json.dumps(line).encode())
    for item in data.entities:
        if item.entity == concepts.CONCEPT:
            digest.update(json.dumps([item.value, item.forms, item.language]).encode())
    return digest.hexdigest()


def load_or_train(path: Path, data: TrainingData, progress: Progress | None = None) -> Model:
    """The model for these examples: the cached one where it fits, else a new one, then cached.

    A cache that is damaged, foreign or of other data is never used; a cache that cannot be
    written is reported in the log and the model is used all the same. Raises ModelError where
    there is nothing to train from.
    """
    wanted = data_hash(data)
    if path.exists():
        try:
            model = Model.load(path)
        except ModelError:
            _log.warning("matcher_cache_refused")
        else:
            if model.data_hash == wanted:
                return model
    model = train(data, progress)
    try:
        model.save(path)
    except ModelError:
        _log.warning("matcher_cache_not_written")
    return model


def train(data: TrainingData, progress: Progress | None = None, settings: Settings | None = None) -> Model:
    """Train on all examples; ``progress`` hears the step and the share done, 0 to 1.

    Raises ModelError where there are no examples.
    """
    if not data.examples:
        raise ModelError("there are no examples to train from")
    settings = settings or Settings()
    tell = progress or (lambda step, share: None)
    return _Training(Corpus(data, tell), settings, tell).run(data_hash(data, settings))


@dataclass(frozen=True)
class Fitted:
    """The three layers fitted on some of the examples."""

    intents: Layer
    flags: Layer
    languages: Layer


def fit_intents(corpus: Corpus, chosen: Bools, settings: Settings) -> Layer:
    """Learn the intents from the examples that ``chosen`` marks."""
    labels = corpus.intents[chosen].tolist()
    return learn.fit_classes(corpus.wholes[chosen], labels, settings.intent_strictness, settings.intent_bayes)


def fit_languages(corpus: Corpus, chosen: Bools, settings: Settings) -> Layer:
    """Learn the languages, by letters and words alone."""
    spoken = chosen & (corpus.languages != "")
    labels = corpus.languages[spoken].tolist()
    return learn.fit_classes(corpus.letters()[spoken], labels, settings.language_strictness)


def fit_flags(corpus: Corpus, chosen: Bools, settings: Settings) -> Layer:
    """Learn each flag from whole messages and from stretches.

    A stretch of a message without the flag is without it; of a message with it, the one
    that a first fit on whole messages finds strongest has it, and nothing is known of the others.
    """
    from scipy.sparse import vstack

    names = corpus.flag_names(settings.fewest)
    rows = vstack((corpus.wholes, corpus.parts)).tocsr()
    weights = np.zeros((len(corpus.vocabulary), len(names)), dtype=np.float32)
    biases = np.full(len(names), -1.0, dtype=np.float32)
    for output, name in enumerate(names):
        has = corpus.has(name)
        if not (chosen & has).any() or not (chosen & ~has).any():
            continue
        first, _ = learn.fit_flag(corpus.wholes[chosen], has[chosen], settings.flag_strictness)
        which, present = _flag_rows(corpus, chosen, has, first)
        weights[:, output], biases[output] = learn.fit_flag(rows[which], present, settings.flag_strictness)
    return Layer(names, weights, biases)


def _flag_rows(corpus: Corpus, chosen: Bools, has: Bools, weights: Floats) -> tuple[learn.Ints, Bools]:
    """The rows to learn a flag from, wholes and then stretches, and whether each has it."""
    owners = corpus.part_owner
    without = np.flatnonzero((chosen & ~has)[owners])[::_OF_CALM]
    inside = np.flatnonzero((chosen & has)[owners])
    scores = corpus.parts[inside] @ weights
    order = inside[np.lexsort((-scores, owners[inside]))]
    _, strongest = np.unique(owners[order], return_index=True)
    best = order[strongest]
    parts = np.concatenate((without, best)) + len(has)
    present = np.concatenate((has[chosen], np.zeros(len(without), bool), np.ones(len(best), bool)))
    return np.concatenate((np.flatnonzero(chosen), parts)), present


_LAYERS = (fit_intents, fit_flags, fit_languages)
"""Those that take longest first, so that no process is left waiting for one at the end."""


def _fit(
    how: Callable[[Corpus, Bools, Settings], Layer], corpus: Corpus, chosen: Bools, settings: Settings
) -> Layer:
    return how(corpus, chosen, settings)


@dataclass
class HeldBack:
    """Scores of examples by models that did not see their writers; rows not scored are not ``done``."""

    intents: Floats
    languages: Floats
    flags: Floats
    done: Bools


def score(corpus: Corpus, fitted: Fitted, chosen: Bools, into: HeldBack, names: tuple[Layer, Layer]) -> None:
    """Write the scores of the ``chosen`` examples into ``into``, outputs ordered as in ``names``."""
    rows = corpus.wholes[chosen]
    for layer, like, scores in (
        (fitted.intents, names[0], into.intents),
        (fitted.languages, names[1], into.languages),
    ):
        at = np.array([like.names.index(name) for name in layer.names], dtype=np.int64)
        scores[np.ix_(np.flatnonzero(chosen), at)] = rows @ layer.weights + layer.biases
    own = chosen[corpus.part_owner]
    place = np.cumsum(chosen) - 1
    into.flags[chosen] = flag_scores(
        fitted.flags.names,
        rows @ fitted.flags.weights + fitted.flags.biases,
        corpus.parts[own] @ fitted.flags.weights + fitted.flags.biases,
        place[corpus.part_owner[own]],
    )
    into.done |= chosen


class _Training:
    """One run of training: the final layers, and held-back scores to scale them by."""

    def __init__(self, corpus: Corpus, settings: Settings, tell: Progress) -> None:
        self._corpus = corpus
        self._settings = settings
        self._tell = tell

    def run(self, name: str) -> Model:
        corpus, settings = self._corpus, self._settings
        folds = corpus.folds(settings.folds)
        heavy = corpus.wholes.nnz + corpus.parts.nnz > settings.heavy
        held = range(1 if heavy else settings.folds)
        parts = [np.ones(len(folds), dtype=bool), *(folds != fold for fold in held)]
        usable = [chosen for chosen in parts if chosen.any()]
        fitted = self._fitted(usable)
        final = fitted[0]
        back = _empty(len(folds), final)
        for chosen, layers in zip(usable[1:], fitted[1:], strict=True):
            if not chosen.all():
                score(corpus, layers, ~chosen, back, (final.intents, final.languages))
        model = self._scaled(final, back, name)
        self._tell("done", 1.0)
        return model

    def _fitted(self, usable: Sequence[Bools]) -> list[Fitted]:
        """The layers fitted on each of the parts, shared among processes."""
        workers = WORKERS if len(self._corpus.examples) >= WORTH_PARTING else 1
        calls = [(how, self._corpus, chosen, self._settings) for how in _LAYERS for chosen in usable]
        layers = []
        for layer in learn.in_parallel(_fit, calls, workers):
            layers.append(layer)
            self._tell("learning", 0.2 + 0.7 * len(layers) / len(calls))
        return [Fitted(*layers[part :: len(usable)]) for part in range(len(usable))]

    def _scaled(self, final: Fitted, back: HeldBack, name: str) -> Model:
        corpus = self._corpus
        intents = _coded(corpus.intents[back.done], final.intents.names)
        languages = _coded(corpus.languages[back.done], final.languages.names)
        right = back.intents[back.done].argmax(axis=1) == intents if back.done.any() else np.zeros(0)
        return Model(
            corpus.vocabulary,
            final.intents,
            final.languages,
            final.flags,
            learn.fit_temperature(back.intents[back.done], intents),
            learn.fit_temperature(back.languages[back.done], languages),
            {flag: self._flag_scale(flag, index, back) for index, flag in enumerate(final.flags.names)},
            name,
            {
                "examples": len(corpus.examples),
                "features": len(corpus.vocabulary),
                "held_back": int(back.done.sum()),
                "accuracy": round(float(right.mean()), 4) if len(right) else None,
            },
        )

    def _flag_scale(self, flag: str, index: int, back: HeldBack) -> FlagScale:
        settings = self._settings
        wanted = settings.grave_recall if flag in _GRAVE else settings.harm_recall
        if flag in {CHILD_USER, HUMAN_REQUESTED}:
            wanted = settings.other_recall
        present = self._corpus.has(flag)
        calm = ~present if flag == HUMAN_REQUESTED else self._corpus.calm() & ~present
        done = back.done
        if not (present & done).any():
            return FlagScale(0.0)
        return learn.fit_flag_scale(
            back.flags[done, index],
            present[done],
            calm[done],
            wanted,
            settings.grave_alarms if flag in _GRAVE else settings.alarms,
        )


def _empty(count: int, like: Fitted) -> HeldBack:
    # an intent that a fold never saw stays far below all others
    return HeldBack(
        np.full((count, len(like.intents.names)), -3.0),
        np.full((count, len(like.languages.names)), -3.0),
        np.full((count, len(like.flags.names)), -3.0),
        np.zeros(count, dtype=bool),
    )


def _coded(labels: np.ndarray[tuple[int], np.dtype[np.object_]], names: tuple[str, ...]) -> learn.Ints:
    places = {name: index for index, name in enumerate(names)}
    return np.array([places.get(label, -1) for label in labels], dtype=np.int64)
