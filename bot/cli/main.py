"""The commands. Each one reads the settings, does its work and prints what a person needs."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot import __version__
from bot.cli import access, backups, content, data, keys
from bot.cli.show import out, plain_errors, progress_bar
from bot.log import configure
from bot.settings import Settings, read_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Amparo: checked guidance for parents and teachers over Telegram, and a way to a helpline.",
)
db_app = typer.Typer(no_args_is_help=True, help="The database.")
rasa_app = typer.Typer(no_args_is_help=True, help="Work with a Rasa server.")
app.add_typer(access.staff_app, name="staff")
app.add_typer(db_app, name="db")
app.add_typer(keys.keys_app, name="keys")
app.add_typer(access.audit_app, name="audit")
app.add_typer(rasa_app, name="rasa")
content.register(app)
data.register(app)
backups.register(app)

ACTIONS_URL = "http://localhost:5055/webhook"
DataDir = Annotated[Path | None, typer.Option(help="Folder for database, model and keys (AMPARO_DATA_DIR).")]


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)  # a log file must show at once what was printed
    app()


def _version(value: bool) -> None:
    if value:
        out.print(f"amparo {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Settings come from the environment (AMPARO_…); see deploy/env.example."""


def _settings(**given: object) -> Settings:
    settings = read_settings(**given)
    configure(settings.log_level, settings.log_format)
    return settings


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@app.command()
def demo(
    chat: Annotated[str, typer.Option(help="Address of the chat page.")] = "127.0.0.1:8601",
    console: Annotated[str | None, typer.Option(help="Address of the staff console.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Try everything on this machine, without a token: chat page, bot, staff console."""
    from bot.wiring.demo import Welcome
    from bot.wiring.demo import demo as serve

    def ready(welcome: Welcome) -> None:
        table = Table.grid(padding=(0, 2))
        table.add_row("[bold]Chat page[/]", f"{welcome.chat}   write as a mother, a teacher, a pupil")
        table.add_row("[bold]Staff console[/]", f"{welcome.console}   name [bold]{welcome.name}[/]")
        table.add_row("", f"password [bold]{welcome.password}[/]   (no one-time code: a demonstration)")
        table.add_row("", f"also {welcome.others}, with the same password")
        out.print(
            "\n[bold green]Amparo is ready.[/] Nothing leaves this machine but alerts that you set up.",
            highlight=False,
        )
        out.print(table, highlight=False, soft_wrap=True)
        out.print(
            f"Data: {welcome.folder} (delete the folder to begin anew). Stop with Ctrl-C.\n"
            "With a real bot: AMPARO_TELEGRAM_TOKEN=<token from BotFather> amparo run\n",
            highlight=False,
            soft_wrap=True,
        )

    with plain_errors():
        folder = data_dir or Path(".amparo")
        quiet = None if os.environ.get("AMPARO_LOG_LEVEL") else "warning"
        settings = _settings(data_dir=folder, console_bind=console, log_level=quiet)
        with progress_bar("Training the matcher") as progress:
            work = serve(settings, chat, ready, progress)
            _run(work)
    out.print("Stopped. Start again to go on where you were.", highlight=False)


@app.command()
def run(data_dir: DataDir = None) -> None:
    """Run the bot and the staff console (needs AMPARO_TELEGRAM_TOKEN)."""
    _serve(data_dir, bot=True, console=True)


@app.command()
def bot(data_dir: DataDir = None) -> None:
    """Run the bot alone."""
    _serve(data_dir, bot=True, console=False)


@app.command()
def console(data_dir: DataDir = None) -> None:
    """Run the staff console alone."""
    _serve(data_dir, bot=False, console=True)


@app.command()
def actions(data_dir: DataDir = None) -> None:
    """Run the action server for a Rasa server (see deploy/rasa)."""
    from bot.wiring.actions import run_actions

    with plain_errors():
        settings = _settings(data_dir=data_dir)
        with progress_bar("Training the matcher") as progress:
            _run(run_actions(settings, progress=progress))


@rasa_app.command("export")
def rasa_export(
    folder: Annotated[Path, typer.Argument(help="Folder of the project; made if it is not there.")],
    actions_url: Annotated[str, typer.Option(help="Where Rasa finds the action server.")] = ACTIONS_URL,
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Rasa sends AMPARO_ACTIONS_TOKEN of its own environment.")
    ] = False,
) -> None:
    """Write a complete Rasa 3 project from intents/ and responses/."""
    from bot.wiring.rasa_export import export_project

    with plain_errors():
        for name in export_project(_settings(), folder, actions_url, with_token=with_token):
            out.print(name, highlight=False, soft_wrap=True)


def _serve(data_dir: Path | None, *, bot: bool, console: bool) -> None:
    from bot.wiring.run import run as serve

    with plain_errors():
        settings = _settings(data_dir=data_dir)
        with progress_bar("Training the matcher") as progress:
            _run(serve(settings, bot=bot, console=console, progress=progress))


@db_app.command("upgrade")
def db_upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to this version (every start does so too)."""
    from bot.wiring.admin import upgrade

    with plain_errors():
        _run(upgrade(_settings(data_dir=data_dir)))
        out.print("The database is at this version.", highlight=False)


@app.command()
def purge(data_dir: DataDir = None) -> None:
    """Delete what has reached the end of its time (the running bot does so too)."""
    from bot.wiring.admin import purge as work

    with plain_errors():
        removed = _run(work(_settings(data_dir=data_dir)))
        out.print_json(json.dumps(removed))


@app.command()
def stats(data_dir: DataDir = None) -> None:
    """Print the numbers of the system page as JSON."""
    from bot.wiring.admin import numbers

    with plain_errors():
        out.print_json(json.dumps(_run(numbers(_settings(data_dir=data_dir))), default=str))
