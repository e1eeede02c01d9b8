"""Content and matcher without a database: for check, parse, train and evaluate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.content.findings import Finding
from bot.content.library import load
from bot.content.nlu import read_json_lines, read_training_data
from bot.core.clock import SystemClock
from bot.core.nlu import TrainingData
from bot.core.reading import Reading
from bot.core.veil import veil
from bot.errors import ContentError, RemoteFailed
from bot.matching import compare
from bot.matching.evaluate import Message, Prediction, load_messages, measure, predict
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.normalise import normalise
from bot.matching.patterns import PatternLayer
from bot.matching.rasa import RasaError
from bot.matching.train import train
from bot.settings import Settings
from bot.wiring import model_card
from bot.wiring.checking import duplicate_findings, findings_of
from bot.wiring.parts import Progress, load_library, load_matcher, rasa_parser

EVALUATION_SECONDS = 10.0
"""How long a server that is being measured may take over one message."""


def all_findings(settings: Settings) -> list[Finding]:
    """Every finding on the content: its form, its completeness, its patterns, its repeated messages."""
    library = load(settings.intents_dir, settings.responses_dir)
    found = findings_of(library, SystemClock().now().date())
    return [*found, *duplicate_findings(library.training)]


def matcher(settings: Settings, *, progress: Progress | None = None) -> Matcher:
    """The matcher on the content of the settings."""
    return load_matcher(settings, load_library(settings).training, progress)


def training_data(path: Path) -> TrainingData:
    """Examples of a folder of NLU YAML, of one such file's folder, or of a file of JSON lines.

    Raises `ContentError` naming what cannot be read.
    """
    if path.is_file():
        return read_json_lines(path)
    if not path.is_dir():
        raise ContentError(f"{path}: there is no such folder or file")
    findings: list[Finding] = []
    data = read_training_data(path, findings)
    if findings:
        raise ContentError("\n".join(str(finding) for finding in findings[:10]))
    return data


def train_to(settings: Settings, examples: Path | None, target: Path, progress: Progress | None) -> int:
    """Train and write a model; how many examples it learned from."""
    data = load_library(settings).training if examples is None else training_data(examples)
    target.parent.mkdir(parents=True, exist_ok=True)
    train(data, progress).save(target)
    return len(data.examples)


def evaluate_files(
    settings: Settings,
    files: Sequence[Path],
    model: Path | None,
    predictions: Path | None,
    progress: Progress | None,
    url: str = "",
) -> dict[str, Any]:
    """Figures on held-out messages, as ``amparo evaluate --json`` prints them.

    With ``url`` a Rasa server names the intents. Raises `RemoteFailed` where it does not.
    """
    messages = load_messages(files)
    local = _matcher_for(settings, model, progress)
    made = predict(local.read, messages) if not url else _predict_remotely(settings, url, local, messages)
    if predictions is not None:
        lines = (json.dumps(item.as_dict(), ensure_ascii=False) for item in made)
        predictions.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return measure(made)


def write_card(settings: Settings, files: Sequence[Path], target: Path, progress: Progress | None) -> None:
    """Measure on held-out messages and write the model card."""
    training = load_library(settings).training
    made = predict(load_matcher(settings, training, progress).read, load_messages(files))
    on = SystemClock().now().date().isoformat()
    target.write_text(model_card.card(training, made, measure(made), on), encoding="utf-8")


def compared(settings: Settings, progress: Progress | None) -> str:
    """Ways to tell intents beside each other, by cross-validation by writer: a Markdown table."""
    return compare.table(compare.compare(load_library(settings).training, progress))


def _matcher_for(settings: Settings, model: Path | None, progress: Progress | None) -> Matcher:
    if model is None:
        return matcher(settings, progress=progress)
    training = load_library(settings).training
    return Matcher(Model.load(model), PatternLayer(training.rules), training.entities)


def _predict_remotely(
    settings: Settings, url: str, local: Matcher, messages: Sequence[Message]
) -> list[Prediction]:
    """Intents from the server; flags, language and entities from here, as the bot itself reads them."""
    parser = rasa_parser(url, settings, load_library(settings), seconds=EVALUATION_SECONDS)
    with asyncio.Runner() as runner:

        def read(text: str) -> Reading:
            try:
                ranking = runner.run(parser.ranking(text))
            except RasaError as error:
                raise RemoteFailed(f"the Rasa server did not answer as documented ({error.reason})") from None
            return replace(local.read(text), ranking=ranking)

        try:
            return predict(read, messages)
        finally:
            runner.run(parser.close())


def veiled(words: Sequence[str]) -> list[str]:
    """Words, perhaps with ``*`` at the end, in the form that stands in files for what they must not spell out."""
    return [veil("".join(normalise(word.rstrip("*")).words) + "*" * word.endswith("*")) for word in words]
