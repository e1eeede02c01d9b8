"""Puts the stand-in together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.core.ports import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.guard import Guard
from bot.sandbox.hub import Sandbox
from bot.sandbox.pages import add_ready_people, page_routes
from bot.sandbox.people import PeopleApi
from bot.sandbox.server import BotApi
from bot.sandbox.storage import Memory, SqliteFile, Storage
from bot.sandbox.webhook import Webhook


def create_app(
    token: str,
    clock: Clock,
    *,
    database: Path | None = None,
    faults: Faults | None = None,
    random: Random | None = None,
    webhook_transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """The stand-in as an application: Bot API under ``/bot<token>/``, the chat page at ``/``.

    Without ``database`` nothing outlives the process. ``app.state.sandbox`` is the `Sandbox` behind it.
    Raises `ValueError` for a malformed token and `StoreUnavailable` where the file cannot be used.
    """
    storage: Storage = SqliteFile(database) if database else Memory()
    sandbox = Sandbox(token, clock, storage, faults or Faults(), random)
    webhook = Webhook(sandbox, webhook_transport)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        webhook.start()
        try:
            yield
        finally:
            await webhook.stop()
            storage.close()

    add_ready_people(sandbox)
    routes = [BotApi(sandbox, webhook).route(), *PeopleApi(sandbox).routes(), *page_routes()]
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Guard)])
    app.state.sandbox = sandbox
    return app
