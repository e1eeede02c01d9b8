"""`amparo demo`: everything on this machine, without a token: chat page, bot, console, SQLite."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.chat.telegram import Client
from bot.errors import Conflict
from bot.sandbox import create_app as create_sandbox
from bot.settings import Settings
from bot.wiring.alerting import alert_sender
from bot.wiring.parts import Parts, Progress, kept, make_private, open_parts
from bot.wiring.run import chat_service, serving_console, sweeper
from bot.wiring.serve import listen, serving, until_stopped, url_of

log = structlog.get_logger()

SIGN_IN_FILE = "demo-sign-in.txt"
TOKEN_FILE = "demo-token.txt"  # noqa: S105 - the name of a file, not a secret
STAFF_NAME = "ana"
STAFF = (
    ("ana", "Ana", "counsellor"),
    ("luis", "Luis", "counsellor"),
    ("sara", "Sara", "supervisor"),
    ("admin", "Admin", "administrator"),
    ("audit", "Audit", "auditor"),
)
"""Name, shown name and role of the demonstration's staff; all have the same password."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the demo prints once it is ready."""

    chat: str
    console: str
    name: str
    password: str
    others: str
    folder: Path


async def demo(
    settings: Settings,
    sandbox_bind: str,
    ready: Callable[[Welcome], None],
    progress: Progress | None = None,
) -> None:
    """Serve the demo until stopped; ``ready`` hears where to go. Raises `AmparoError`s."""
    make_private(settings.data_dir)
    token = kept(settings.data_dir / TOKEN_FILE, lambda: f"1000001:{secrets.token_urlsafe(30)}")
    password = kept(settings.data_dir / SIGN_IN_FILE, lambda: secrets.token_urlsafe(9))
    async with AsyncExitStack() as stack:
        chat_listener = listen(sandbox_bind, "--chat")
        stack.callback(chat_listener.close)
        console_listener = listen(settings.console_bind, "AMPARO_CONSOLE_BIND")
        stack.callback(console_listener.close)
        parts = await stack.enter_async_context(open_parts(settings, progress, waive_codes=True))
        await _staff_accounts(parts, password)
        sandbox = create_sandbox(token, parts.clock, database=settings.data_dir / "sandbox.sqlite3")
        closing = sandbox.state.sandbox.close
        await stack.enter_async_context(serving(sandbox, chat_listener, closing=closing))
        await stack.enter_async_context(serving_console(parts, console_listener))
        client = Client(token, url_of(chat_listener))
        chat, console = url_of(chat_listener), url_of(console_listener)
        others = ", ".join(f"{name} ({role})" for name, _, role in STAFF if name != STAFF_NAME)
        welcome = Welcome(chat, console, STAFF_NAME, password, others, settings.data_dir)
        sender = await stack.enter_async_context(alert_sender(settings, parts.store, parts.clock))
        loops = (chat_service(parts, client).run, sweeper(parts), parts.reloader.run, sender.run)
        await until_stopped(*loops, ready=lambda: ready(welcome))


async def _staff_accounts(parts: Parts, password: str) -> None:
    for name, shown, role in STAFF:
        try:
            await parts.store.staff.add(name, shown, password, role)
        except Conflict:
            log.debug("demo_account_kept", role=role)
