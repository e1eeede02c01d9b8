"""Commands about encryption keys."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.show import err, out, plain_errors, progress_bar
from bot.log import configure
from bot.settings import Settings, read_settings

keys_app = typer.Typer(no_args_is_help=True, help="Encryption keys.")

DataDir = Annotated[Path | None, typer.Option(help="Folder for database, model and keys (AMPARO_DATA_DIR).")]


def _settings(data_dir: Path | None) -> Settings:
    settings = read_settings(data_dir=data_dir)
    configure(settings.log_level, settings.log_format)
    return settings


@keys_app.command("new")
def keys_new() -> None:
    """Print a new encryption key, for AMPARO_KEYS."""
    from bot.helpline.crypto import generate_key

    out.print(generate_key(), highlight=False, soft_wrap=True)
    err.print("Keep it secret and keep a copy: without it nothing stored can be read.", highlight=False)


@keys_app.command("rotate")
def keys_rotate(data_dir: DataDir = None) -> None:
    """Bring all that is stored under the newest key, while everything runs; it can be stopped and goes on."""
    from bot.wiring.keys import rotate_keys

    with plain_errors():
        with progress_bar("Changing the key") as progress:
            done = asyncio.run(rotate_keys(_settings(data_dir), progress))
        out.print(f"{done.changed} values are under the newest key.", highlight=False)
        if done.unreadable:
            err.print(
                f"[bold red]{done.unreadable} values cannot be read by any key[/] and stay.", highlight=False
            )
        if done.left:
            err.print(f"{done.left} values still need an older key: run it again.", highlight=False)
            sys.exit(1)
        out.print("Copy the keys, wait a minute, then: amparo keys drop", highlight=False)


@keys_app.command("drop")
def keys_drop(data_dir: DataDir = None) -> None:
    """Take older keys away once nothing needs them; copies of the data from before need them still."""
    from bot.wiring.keys import drop_old_keys

    with plain_errors():
        count = asyncio.run(drop_old_keys(_settings(data_dir)))
        out.print(f"{count} older keys are gone.", highlight=False)
