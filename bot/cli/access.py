"""Commands about who may do what, and what was done: accounts, the audit trail."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.cli.show import err, out, plain_errors, progress_bar
from bot.log import configure
from bot.settings import Settings, read_settings

staff_app = typer.Typer(no_args_is_help=True, help="Accounts of the helpline's staff.")
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


Role = Annotated[
    str, typer.Option(help="counsellor, supervisor, administrator, auditor or partner (reads only).")
]
MakePassword = Annotated[bool, typer.Option("--make-password", help="Make one instead of asking.")]


@staff_app.command("add")
def staff_add(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    shown: Annotated[str, typer.Option(help="Name that families see; a pseudonym.")] = "",
    role: Role = "counsellor",
    helpline: Annotated[str, typer.Option(help="Code of the helpline.")] = "default",
    make_password: MakePassword = False,
    data_dir: DataDir = None,
) -> None:
    """Add an account; the password is asked for, or made and shown once."""
    from bot.wiring.admin import add_staff

    with plain_errors():
        settings = _settings(data_dir)
        given = "" if make_password else typer.prompt("Password", hide_input=True, err=True)
        made = add_staff(settings, name, shown or name.capitalize(), given, role, helpline)
        password = asyncio.run(made)
        if make_password:
            out.print(f"Password of {name}: [bold]{password}[/] (shown only now)", highlight=False)
        out.print("One-time codes are set up at the first sign-in.", highlight=False)


@staff_app.command("list")
def staff_list(data_dir: DataDir = None) -> None:
    """List the accounts."""
    from bot.wiring.admin import list_staff

    with plain_errors():
        table = Table("name", "shown as", "role", "helpline")
        for member in asyncio.run(list_staff(_settings(data_dir))):
            table.add_row(member.login, member.name, member.role, member.helpline)
        out.print(table)


@staff_app.command("disable")
def staff_disable(name: str, data_dir: DataDir = None) -> None:
    """Close an account and end its sessions."""
    from bot.wiring.admin import set_staff

    with plain_errors():
        asyncio.run(set_staff(_settings(data_dir), name, active=False))
        out.print(f"{name} can no longer sign in.", highlight=False)


@staff_app.command("enable")
def staff_enable(name: str, data_dir: DataDir = None) -> None:
    """Open a closed account again."""
    from bot.wiring.admin import set_staff

    with plain_errors():
        asyncio.run(set_staff(_settings(data_dir), name, active=True))
        out.print(f"{name} can sign in again.", highlight=False)


@staff_app.command("role")
def staff_role(name: str, role: str, data_dir: DataDir = None) -> None:
    """Change the role of an account; its sessions end."""
    from bot.wiring.admin import set_staff

    with plain_errors():
        asyncio.run(set_staff(_settings(data_dir), name, role=role))
        out.print(f"{name} is now {role}.", highlight=False)


@staff_app.command("reset")
def staff_reset(
    name: str,
    make_password: MakePassword = False,
    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="Only the one-time codes are set up anew.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Lost telephone or password: new password, one-time codes set up anew, sessions ended."""
    from bot.wiring.admin import reset_staff

    with plain_errors():
        settings = _settings(data_dir)
        asked = not make_password and not keep_password
        given = typer.prompt("New password", hide_input=True, err=True) if asked else ""
        password = asyncio.run(reset_staff(settings, name, None if keep_password else given))
        if make_password:
            out.print(f"Password of {name}: [bold]{password}[/] (shown only now)", highlight=False)
        out.print(f"{name} sets one-time codes up anew at the next sign-in.", highlight=False)


@staff_app.command("token")
def staff_token(
    name: Annotated[str, typer.Argument(help="Account that the program acts as.")],
    scope: Annotated[list[str], typer.Option(help="cases:read, cases:write, statistics:read; repeat it.")],
    label: Annotated[str, typer.Option(help="What the token is for.")] = "program",
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 90,
    data_dir: DataDir = None,
) -> None:
    """Make an access token for the API; it is shown only now."""
    from bot.wiring.admin import make_token

    with plain_errors():
        token = asyncio.run(make_token(_settings(data_dir), name, label, scope, days))
        out.print(token, highlight=False, soft_wrap=True)
        err.print("Shown only now; “amparo staff revoke” ends it.", highlight=False)


@staff_app.command("tokens")
def staff_tokens(data_dir: DataDir = None) -> None:
    """List the access tokens that work, not the tokens themselves."""
    from bot.wiring.admin import list_tokens

    with plain_errors():
        table = Table("number", "account", "for", "scopes", "until", "last used")
        for token in asyncio.run(list_tokens(_settings(data_dir))):
            used = f"{token.used_at:%Y-%m-%d %H:%M}" if token.used_at else "never"
            until = f"{token.expires_at:%Y-%m-%d}"
            table.add_row(str(token.id), token.login, token.name, " ".join(token.scopes), until, used)
        out.print(table)


@staff_app.command("revoke")
def staff_revoke(number: int, data_dir: DataDir = None) -> None:
    """End an access token at once."""
    from bot.wiring.admin import revoke_token

    with plain_errors():
        asyncio.run(revoke_token(_settings(data_dir), number))
        out.print(f"Token {number} works no longer.", highlight=False)
