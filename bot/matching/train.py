"""Trains a model from examples, or takes the one trained before from exactly these examples.

Confidences and thresholds come from cross-validation by writer: what a writer wrote is scored by
a model that never saw that writer, because people who write to the bot were never seen either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import structlog

from bot.core.nlu import TrainingData
from bot.core.taxonomy import CHILD_USER, DANGER_FLAGS, HUMAN_REQUESTED, IMMINENT_DANGER, SELF_HARM
from bot.errors import ModelError
from bot.matching import concepts, features, learn, modelfile, normalise, wordforms
from bot.matching import model as model_module
from bot.matching.concepts import ConceptIndex
from bot.matching.features import F32, Rows, Seen, see, see_concepts
from bot.matching.learn import Bools, Floats
from bot.matching.model import FlagScale, Layer, Model, flag_scores, stretches
from bot.matching.normalise import normalise as read_text

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Progress = Callable[[str, float], None]
_log = structlog.get_logger()
_WORKERS = 2
_WORTH_PARTING = 2000
"""From this many examples on, the work is shared among processes."""
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


_CODE = (normalise, wordforms, concepts, features, learn, model_module, modelfile)
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
    corpus = Corpus(data, tell)
    return _Training(corpus, settings, tell).run(data_hash(data, settings))


class Corpus:
    """The examples as sparse rows: one for each message, then one for each stretch of it."""

    def __init__(self, data: TrainingData, tell: Progress) -> None:
        self.examples = examples = data.examples
        tell("reading", 0.0)
        reads = [read_text(example.text) for example in examples]
        seen = _see_all(data)
        tell("vocabulary", 0.1)
        self.vocabulary = learn.build_vocabulary(seen)
        self.blocks = np.zeros(len(self.vocabulary), dtype=np.int64)
        wholes: list[Rows] = []
        parts: list[Rows] = []
        owners: list[int] = []
        for index, (read, sight) in enumerate(zip(reads, seen, strict=True)):
            ranges = stretches(read)
            known = self.vocabulary.known(sight)
            self.blocks[known.which] = known.blocks
            wholes.append(self.vocabulary.rows(known, [(0, len(read.tokens))]))
            if ranges:
                parts.append(self.vocabulary.rows(known, ranges))
                owners += [index] * len(ranges)
        width = len(self.vocabulary)
        self.wholes: csr_matrix = learn.matrix(wholes, width)
        self.parts: csr_matrix = learn.matrix(parts, width) if parts else self.wholes[:0]
        self.part_owner = np.array(owners, dtype=np.int64)
        self.intents = np.array([example.intent for example in examples], dtype=object)
        self.languages = np.array([example.language for example in examples], dtype=object)
        tell("vocabulary", 0.2)

    def only(self, *blocks: int) -> csr_matrix:
        """The whole messages by some kinds of features only."""
        from scipy.sparse import diags

        return (self.wholes @ diags(np.isin(self.blocks, blocks).astype(np.float64))).tocsr()

    def letters(self) -> csr_matrix:
        """The whole messages by letters and words alone: what languages are told by."""
        return self.only(features.PIECES, features.WORDS)

    def flag_names(self, fewest: int) -> tuple[str, ...]:
        """The flags that are neither too rare nor everywhere."""
        names = sorted({flag for example in self.examples for flag in example.flags})
        counts = {name: int(self.has(name).sum()) for name in names}
        return tuple(name for name in names if fewest <= counts[name] < len(self.examples))

    def has(self, flag: str) -> Bools:
        """Which examples carry a flag."""
        return np.array([flag in example.flags for example in self.examples], dtype=bool)

    def calm(self) -> Bools:
        """Which examples carry no danger flag, a child's writing counted as one."""
        danger = {*DANGER_FLAGS, CHILD_USER}
        return np.array([not danger.intersection(example.flags) for example in self.examples], dtype=bool)

    def folds(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """A fold for each example; a writer stands in one fold, an intent's writers in several."""
        chosen: dict[str, int] = {}
        used: dict[str, int] = {}
        folds = []
        for index, example in enumerate(self.examples):
            writer = f"{example.language}:{example.writer}" if example.writer else f"#{index}"
            kind = f"{example.language}:{example.intent}"
            if writer not in chosen:
                chosen[writer] = used.get(kind, 0) % count
                used[kind] = used.get(kind, 0) + 1
            folds.append(chosen[writer])
        return np.array(folds, dtype=np.int64)


def _see_all(data: TrainingData) -> list[Seen]:
    """All features of all examples, by as many processes as is worth it."""
    parts = _WORKERS if len(data.examples) >= _WORTH_PARTING else 1
    size = -(-len(data.examples) // parts)
    chunks = [
        replace(data, examples=data.examples[at : at + size]) for at in range(0, len(data.examples), size)
    ]
    return [
        seen
        for chunk in learn.in_parallel(_see_part, [(chunk,) for chunk in chunks], parts)
        for seen in chunk
    ]


def _see_part(data: TrainingData) -> list[Seen]:
    index = ConceptIndex(data.entities)
    seen = []
    for example in data.examples:
        read = read_text(example.text)
        seen.append(see(read).joined(see_concepts(index.find(read, {example.language} - {""}))))
    return seen


@dataclass(frozen=True)
class Fitted:
    """The three layers fitted on some of the examples."""

    intents: Layer
    languages: Layer
    flags: Layer


def fit(corpus: Corpus, chosen: Bools, settings: Settings) -> Fitted:
    """Fit all layers on the examples that ``chosen`` marks."""
    spoken = chosen & (corpus.languages != "")
    return Fitted(
        learn.fit_classes(
            corpus.wholes[chosen],
            corpus.intents[chosen].tolist(),
            settings.intent_strictness,
            settings.intent_bayes,
        ),
        learn.fit_classes(
            corpus.letters()[spoken], corpus.languages[spoken].tolist(), settings.language_strictness
        ),
        fit_flags(corpus, chosen, settings),
    )


def fit_flags(corpus: Corpus, chosen: Bools, settings: Settings) -> Layer:
    """Learn each flag from whole messages and from stretches.

    A stretch of a message without the flag is without it; of a message with it, the one
    that a first fit on whole messages finds strongest has it, and nothing is known of the others.
    """
    names = corpus.flag_names(settings.fewest)
    weights = np.zeros((len(corpus.vocabulary), len(names)), dtype=np.float32)
    biases = np.full(len(names), -1.0, dtype=np.float32)
    for output, name in enumerate(names):
        has = corpus.has(name)
        if not (chosen & has).any() or not (chosen & ~has).any():
            continue
        for _ in range(2):
            x, present = _flag_rows(corpus, chosen, has, weights[:, output])
            slopes, bias = learn.fit_flag(x, present, settings.flag_strictness)
            weights[:, output], biases[output] = slopes, bias
    return Layer(names, weights, biases)


def _flag_rows(corpus: Corpus, chosen: Bools, has: Bools, weights: F32) -> tuple[csr_matrix, Bools]:
    from scipy.sparse import vstack

    if not weights.any():
        return corpus.wholes[chosen], has[chosen]
    owners = corpus.part_owner
    without = np.flatnonzero((chosen & ~has)[owners])[::_OF_CALM]
    inside = np.flatnonzero((chosen & has)[owners])
    scores = corpus.parts[inside] @ weights
    order = inside[np.lexsort((-scores, owners[inside]))]
    _, first = np.unique(owners[order], return_index=True)
    best = order[first].tolist()
    x = vstack((corpus.wholes[chosen], corpus.parts[without], corpus.parts[best])).tocsr()
    present = np.concatenate((has[chosen], np.zeros(len(without), bool), np.ones(len(best), bool)))
    return x, present


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
        workers = _WORKERS if len(folds) >= _WORTH_PARTING else 1
        fitted = []
        for layers in learn.in_parallel(fit, [(corpus, chosen, settings) for chosen in usable], workers):
            fitted.append(layers)
            self._tell("learning", 0.2 + 0.7 * len(fitted) / len(usable))
        final = fitted[0]
        back = _empty(len(folds), final)
        for chosen, layers in zip(usable[1:], fitted[1:], strict=True):
            if not chosen.all():
                score(corpus, layers, ~chosen, back, (final.intents, final.languages))
        model = self._scaled(final, back, name)
        self._tell("done", 1.0)
        return model

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
