"""Commands about who may do what, and what was done: the audit trail."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.show import err, out, plain_errors, progress_bar
from bot.log import configure
from bot.settings import Settings, read_settings

audit_app = typer.Typer(no_args_is_help=True, help="The trail of every look and every change.")

DataDir = Annotated[Path | None, typer.Option(help="Folder for database, model and keys (AMPARO_DATA_DIR).")]


def _settings(data_dir: Path | None) -> Settings:
    settings = read_settings(data_dir=data_dir)
    configure(settings.log_level, settings.log_format)
    return settings


WHY = {
    "missing": "an entry is missing",
    "changed": "an entry was changed",
    "head": "the end of the chain does not fit its last entry",
    "seal": "the chain was sealed without this installation's pepper",
    "expected": "the head you noted earlier is not in the chain",
}


@audit_app.command("verify")
def audit_verify(
    expect: Annotated[str, typer.Option(help="A head noted earlier, as this command prints it.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Check that no entry was changed, removed or put in; exit status 1 where one was."""
    from bot.wiring.admin import verify_audit

    with plain_errors():
        with progress_bar("Checking the audit trail") as progress:
            verdict = asyncio.run(verify_audit(_settings(data_dir), expect, progress))
        if not verdict.sound:
            err.print(
                f"[bold red]The audit trail is broken at entry {verdict.broken}:[/] {WHY[verdict.why]}.",
                highlight=False,
            )
            sys.exit(1)
        out.print(f"The audit trail is sound: {verdict.entries} entries.", highlight=False)
        out.print(f"Head, to be noted elsewhere: {verdict.head}", highlight=False, soft_wrap=True)
