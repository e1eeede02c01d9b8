"""Content and matcher without a database: for check, parse, train and evaluate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.content.checks import run_checks
from bot.content.findings import Finding
from bot.content.library import load
from bot.content.nlu import read_json_lines, read_training_data
from bot.core.clock import SystemClock
from bot.core.nlu import TrainingData
from bot.errors import ContentError
from bot.matching.evaluate import load_messages, measure, predict
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer, check_rules
from bot.matching.train import train
from bot.settings import Settings
from bot.wiring.parts import Progress, load_library, load_matcher


def all_findings(settings: Settings) -> list[Finding]:
    """Every finding on the content: its form, its completeness, its patterns."""
    library = load(settings.intents_dir, settings.responses_dir)
    findings = [*library.findings, *run_checks(library, SystemClock().now().date())]
    return [*findings, *_patterns(library.training)]


def _patterns(training: TrainingData) -> list[Finding]:
    """Patterns that cannot be read, and those that do not do what their own messages say."""
    findings, good = [], []
    for rule in training.rules:
        try:
            PatternLayer([rule])
        except ContentError as error:
            findings.append(Finding(rule.file, rule.line, "pattern", str(error)))
        else:
            good.append(rule)
    for rule, message in check_rules(good):
        wanted = "stays silent on" if message in rule.fires else "fires on"
        text = f"rule “{rule.id}” {wanted} its own message “{message}”"
        findings.append(Finding(rule.file, rule.line, "pattern-proof", text))
    return findings


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
) -> dict[str, Any]:
    """Figures on held-out messages, as ``amparo evaluate --json`` prints them."""
    if model is None:
        reader = matcher(settings, progress=progress)
    else:
        training = load_library(settings).training
        reader = Matcher(Model.load(model), PatternLayer(training.rules), training.entities)
    made = predict(reader.read, load_messages(files))
    if predictions is not None:
        lines = (json.dumps(item.as_dict(), ensure_ascii=False) for item in made)
        predictions.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return measure(made)
