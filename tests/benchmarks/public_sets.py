"""Measures the matcher's engine on public sets of intents, beside a plain baseline.

    python -m tests.benchmarks.public_sets FOLDER

FOLDER holds what each set's own repository publishes, unchanged:

- ``banking77/train.csv, test.csv`` (PolyAI, https://github.com/PolyAI-LDN/task-specific-datasets, banking_data)
- ``clinc150/data_full.json`` (https://github.com/clinc/oos-eval)
- ``hwu64/trainset, testset/csv`` (https://github.com/xliuhw/NLU-Evaluation-Data, KFold_1)

The engine is trained with its defaults: no lexicon, no setting is changed for a set. The sets are not
part of this project. Prints a Markdown table.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from bot.core.nlu import Example, TrainingData
from bot.matching.matcher import Matcher
from bot.matching.patterns import PatternLayer
from bot.matching.train import train

Pairs = list[tuple[str, str]]
Guess = Callable[[str], str]
SEEDS = (0, 1, 2)
FEW = 10


def banking77(folder: Path) -> tuple[Pairs, Pairs]:
    def rows(name: str) -> Pairs:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    return rows("train.csv"), rows("test.csv")


def clinc150(folder: Path) -> tuple[Pairs, Pairs]:
    """The 150 intents in scope."""
    data = json.loads((folder / "data_full.json").read_text(encoding="utf-8"))
    return [(text, intent) for text, intent in data["train"]], [
        (text, intent) for text, intent in data["test"]
    ]


def hwu64(folder: Path) -> tuple[Pairs, Pairs]:
    """The first of the ten folds."""

    def rows(part: Path) -> Pairs:
        found = []
        for path in sorted(part.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                found += [(row["answer_from_anno"], path.stem) for row in csv.DictReader(file, delimiter=";")]
        return found

    return rows(folder / "trainset"), rows(folder / "testset" / "csv")


SETS = {"BANKING77": banking77, "CLINC150": clinc150, "HWU64 (fold 1)": hwu64}


def engine(pairs: Pairs) -> Guess:
    data = TrainingData(tuple(Example(text, intent) for text, intent in pairs))
    matcher = Matcher(train(data), PatternLayer(()), ())
    return lambda text: matcher.read(text).intent.name


def baseline(pairs: Pairs) -> Guess:
    """TF-IDF of words and of characters with a linear support vector machine, scikit-learn's own."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    pipeline = make_pipeline(union, LinearSVC(random_state=0))
    pipeline.fit([text for text, _ in pairs], [intent for _, intent in pairs])
    return lambda text: str(pipeline.predict([text])[0])


def few(pairs: Pairs, seed: int) -> Pairs:
    """``FEW`` examples an intent, drawn with a seed."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in pairs:
        by_intent[intent].append(text)
    draw = random.Random(seed)
    return [
        (text, intent)
        for intent in sorted(by_intent)
        for text in draw.sample(by_intent[intent], min(FEW, len(by_intent[intent])))
    ]


def accuracy(make: Callable[[Pairs], Guess], train_on: Pairs, test_on: Pairs) -> tuple[float, float, float]:
    """Share right, seconds of training, milliseconds a message."""
    started = time.perf_counter()
    guess = make(train_on)
    trained = time.perf_counter()
    right = sum(guess(text) == intent for text, intent in test_on)
    done = time.perf_counter()
    return right / len(test_on), trained - started, 1000 * (done - trained) / len(test_on)


def measure(folder: Path) -> list[list[str]]:
    rows = []
    for name, read in track(SETS.items(), "measuring", console=Console(stderr=True)):
        train_on, test_on = read(folder / name.split()[0].lower())
        full = accuracy(engine, train_on, test_on)
        plain = accuracy(baseline, train_on, test_on)
        rows.append(_row(f"{name}, all {len(train_on)}", test_on, full[0], plain[0], full))
        drawn = [few(train_on, seed) for seed in SEEDS]
        shots = [accuracy(engine, part, test_on) for part in drawn]
        plains = [accuracy(baseline, part, test_on) for part in drawn]
        rows.append(_row(f"{name}, {FEW} an intent", test_on, _mean(shots), _mean(plains), shots[0]))
    return rows


def _mean(results: Sequence[tuple[float, float, float]]) -> float:
    return sum(result[0] for result in results) / len(results)


def _row(name: str, test_on: Pairs, ours: float, plain: float, cost: tuple[float, float, float]) -> list[str]:
    return [name, str(len(test_on)), f"{ours:.3f}", f"{plain:.3f}", f"{cost[1]:.0f}", f"{cost[2]:.2f}"]


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    heads = ["set, examples", "tested", "ours", "TF-IDF + SVM", "training s", "ms a message"]
    table = [heads, ["---"] * len(heads), *measure(Path(sys.argv[1]))]
    sys.stdout.write("\n".join("| " + " | ".join(row) + " |" for row in table) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
