"""Commands that need no database: parse, train, evaluate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.cli.show import err, out, plain_errors, progress_bar
from bot.log import configure
from bot.settings import Settings, read_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(parse)
    app.command()(train)
    app.command()(evaluate)
    app.command()(card)
    app.command()(compare)
    app.command()(veil)


def _settings(**given: object) -> Settings:
    settings = read_settings(**given)
    configure(settings.log_level, settings.log_format)
    return settings


def parse(
    text: Annotated[str, typer.Argument(help="A message, as a person would write it.")], as_json: Json = False
) -> None:
    """Read one message: language, intent, flags with their evidence, entities."""
    from bot.wiring.content import matcher

    with plain_errors():
        with progress_bar("Training the matcher") as progress:
            reading = matcher(_settings(), progress=progress).read(text)
        if as_json:
            print(json.dumps(reading.as_dict(), ensure_ascii=False, indent=1))  # noqa: T201
            return
        table = Table.grid(padding=(0, 2))
        table.add_row("language", f"{reading.language} ({reading.language_confidence:.2f})")
        for item in reading.ranking[:3]:
            table.add_row("intent" if item is reading.intent else "", f"{item.name} ({item.confidence:.2f})")
        for hit in reading.flags:
            spots = ", ".join(f"“{text[e.start : e.end]}” {e.source}" for e in hit.evidence)
            table.add_row("flag", f"{hit.name} ({hit.confidence:.2f}) {spots}")
        for entity in reading.entities:
            table.add_row("entity", f"{entity.entity} = {entity.value}")
        out.print(table, highlight=False, markup=False)


def train(
    examples: Annotated[
        Path | None, typer.Option(help="Folder of Rasa NLU YAML, or a file of JSON lines.")
    ] = None,
    model: Annotated[Path | None, typer.Option("--out", help="Where to write the model.")] = None,
) -> None:
    """Train the matcher; by default from intents/ into the data folder."""
    from bot.wiring.content import train_to

    with plain_errors():
        settings = _settings()
        target = model or settings.model_path
        with progress_bar("Training the matcher") as progress:
            count = train_to(settings, examples, target, progress)
        out.print(
            f"Trained from {count} examples: {target} ({target.stat().st_size:,} bytes)", highlight=False
        )


def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Held-out messages, JSON lines.")],
    model: Annotated[Path | None, typer.Option(help="A model made by “amparo train”.")] = None,
    predictions: Annotated[Path | None, typer.Option(help="Write every reading here.")] = None,
    url: Annotated[str, typer.Option(help="Address of a Rasa server that names the intents.")] = "",
    as_json: Json = False,
) -> None:
    """Measure the matcher, or a Rasa server, on held-out messages."""
    from bot.wiring.content import evaluate_files

    with plain_errors():
        settings = _settings(matcher_url=url or None)
        with progress_bar("Measuring") as progress:
            figures = evaluate_files(settings, files, model, predictions, progress, url)
        if as_json:
            print(json.dumps(figures, ensure_ascii=False, indent=1))  # noqa: T201
            return
        _figures(figures)
        if predictions is not None:
            err.print(f"Predictions: {predictions}", highlight=False)


def card(
    files: Annotated[list[Path], typer.Argument(help="Held-out messages, JSON lines.")],
    target: Annotated[Path, typer.Option("--out", help="Where to write it.")] = Path("intents/MODEL_CARD.md"),
) -> None:
    """Measure the matcher on held-out messages and write its model card."""
    from bot.wiring.content import write_card

    with plain_errors():
        with progress_bar("Measuring") as progress:
            write_card(_settings(), files, target, progress)
        err.print(f"Written: {target}", highlight=False)


def compare() -> None:
    """Compare ways to tell intents, by cross-validation by writer; takes some minutes."""
    from bot.wiring.content import compared

    with plain_errors():
        with progress_bar("Comparing") as progress:
            table = compared(_settings(), progress)
        print(table, end="")  # noqa: T201


def veil(
    words: Annotated[list[str], typer.Argument(help="Words as messages have them; “*” for any ending.")],
) -> None:
    """Print the form by which danger patterns know a word that no file should spell out."""
    from bot.wiring.content import veiled

    for form in veiled(words):
        print(form)  # noqa: T201


def _figures(figures: dict[str, object]) -> None:
    names = ("n", "accuracy", "top3", "macro_f1", "false_alarm_rate", "language_accuracy", "p50_ms", "p99_ms")
    table = Table("language", *names, "recall of flags")
    languages = figures["languages"]
    rows = {**languages, "overall": figures["overall"]} if isinstance(languages, dict) else {}
    for code, row in rows.items():
        recall = ", ".join(
            f"{name} {_number(flag['recall'])} (n {flag['n']})" for name, flag in row["flags"].items()
        )
        table.add_row(code, *(_number(row[name]) for name in names), recall)
    out.print(table, highlight=False)


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
