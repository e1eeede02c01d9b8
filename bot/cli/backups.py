"""Commands that copy the database and bring it back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.show import out, plain_errors, progress_bar
from bot.log import configure
from bot.settings import Settings, read_settings

DataDir = Annotated[Path | None, typer.Option(help="Folder for database, model and keys (AMPARO_DATA_DIR).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(backup)
    app.command()(restore)


def _settings(data_dir: Path | None) -> Settings:
    settings = read_settings(data_dir=data_dir)
    configure(settings.log_level, settings.log_format)
    return settings


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; one that is there is never overwritten.")],
    data_dir: DataDir = None,
) -> None:
    """Copy the database into an encrypted file, while everything runs, and open and count it again."""
    from bot.wiring.backups import back_up

    with plain_errors():
        with progress_bar("Backup") as progress:
            made = asyncio.run(back_up(_settings(data_dir), file, progress))
        total = sum(made.rows.values())
        out.print(
            f"[green]Written and tested:[/] {total} rows, {made.rows.get('cases', 0)} cases.\n"
            f"It needs key [bold]{made.key_id}[/]. Not in it, and to be kept elsewhere:\n"
            "  keys.txt (AMPARO_KEYS) and pepper.txt (AMPARO_PEPPER), once\n"
            "  erasures.txt, as often as you can: without it no backup is restored",
            highlight=False,
            soft_wrap=True,
        )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that “amparo backup” wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of a database that is not empty.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring a backup back, without those who were erased since. Stop Amparo before."""
    from bot.wiring.backups import restore as work

    with plain_errors():
        with progress_bar("Restore") as progress:
            done = asyncio.run(work(_settings(data_dir), file, progress, replace=replace))
        last = "none" if done.last_erasure is None else f"{done.last_erasure:%Y-%m-%d %H:%M} UTC"
        out.print(
            f"[green]Restored[/] as of {done.made_at:%Y-%m-%d %H:%M} UTC: {sum(done.rows.values())} rows, "
            f"{done.rows.get('cases', 0)} cases.\n"
            f"Erased again: {done.erased_again}. The newest erasure in erasures.txt: {last}; "
            "one that is not in it is not known here.",
            highlight=False,
            soft_wrap=True,
        )
