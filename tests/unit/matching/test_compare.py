"""Methods compared on the same folds, and the table of them."""

import numpy as np

from bot.core.nlu import Example, TrainingData
from bot.matching.compare import compare, methods, table
from bot.matching.corpus import Corpus
from bot.matching.train import Settings


def test_every_method_is_measured(data: TrainingData) -> None:
    shares: list[float] = []
    rows = compare(data, lambda step, share: shares.append(share))
    assert [row.method for row in rows] == [method.name for method in methods(Settings())]
    assert all(0 <= row.accuracy <= row.top3 <= 1 and set(row.languages) == {"es", "en"} for row in rows)
    assert max(row.accuracy for row in rows) > 0.5
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_table_has_a_line_for_each_method(data: TrainingData) -> None:
    rows = compare(data, chosen=methods(Settings())[:2])
    lines = table(rows).splitlines()
    assert lines[0].startswith("| method | accuracy | top 3 | macro F1 | en | es |")
    assert len(lines) == 2 + len(rows)


def test_a_writer_is_never_in_two_folds() -> None:
    examples = tuple(
        Example(f"text {number}", f"intent {number % 3}", "es", (), f"writer {number % 7}")
        for number in range(60)
    )
    folds = Corpus(TrainingData(examples), lambda step, share: None).folds(4)
    for writer in {example.writer for example in examples}:
        own = [fold for fold, example in zip(folds, examples, strict=True) if example.writer == writer]
        assert len(set(own)) == 1
    assert len(np.unique(folds)) > 1
