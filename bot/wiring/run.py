"""`amparo run`, `bot` and `console`: the real thing, against whatever Bot API the settings name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import structlog

from bot.chat.service import ChatService
from bot.chat.telegram import Client
from bot.console import create_app
from bot.console.provider import Provider, ProviderSettings
from bot.core.ports import Clock
from bot.errors import SettingsError, StoreError
from bot.settings import Settings
from bot.wiring.alerting import alert_sender
from bot.wiring.metrics import serving_metrics
from bot.wiring.papers import PaperMaker
from bot.wiring.parts import Parts, Progress, open_parts
from bot.wiring.serve import listen, serving, until_stopped, url_of

log = structlog.get_logger()

SWEEP_SECONDS = 5.0
PURGE_EVERY = 60
"""Sweeps between two purges: five minutes."""

Loop = Callable[[], Awaitable[None]]


async def run(
    settings: Settings, *, bot: bool = True, console: bool = True, progress: Progress | None = None
) -> None:
    """Serve until stopped. Raises `AmparoError`s that say what to do."""
    token = settings.telegram_token
    if bot and token is None:
        raise SettingsError("AMPARO_TELEGRAM_TOKEN is missing; get one from BotFather, or try “amparo demo”")
    async with AsyncExitStack() as stack:
        listener = listen(settings.console_bind, "AMPARO_CONSOLE_BIND") if console else None
        if listener is not None:
            stack.callback(listener.close)
        parts = await stack.enter_async_context(open_parts(settings, progress))
        await stack.enter_async_context(serving_metrics(settings.metrics_bind, parts.store.stats))
        sender = await stack.enter_async_context(alert_sender(settings, parts.store, parts.clock))
        loops: list[Loop] = [sweeper(parts), parts.reloader.run, sender.run]
        if listener is not None:
            await stack.enter_async_context(serving_console(parts, listener))
            log.info("console_open", address=url_of(listener), hint="first account: amparo staff add NAME")
        if bot and token is not None:
            loops.append(chat_service(parts, Client(token.get_secret_value(), settings.telegram_api)).run)
            log.info("bot_starting", api=settings.telegram_api)
        await until_stopped(*loops)
    log.info("stopped")


def chat_service(parts: Parts, client: Client) -> ChatService:
    """The bot over the parts."""
    store = parts.store
    return ChatService(
        client,
        inbox=store.inbox,
        turns=store.turns,
        outbox=store.outbox,
        runner=parts.runner,
        scan=parts.scan,
        renderer=parts.phrasebook,
        clock=parts.clock,
        workers=parts.settings.workers,
        look=parts.look,
        papers=PaperMaker(parts.phrasebook, parts.clock),
        pending=store.stats.telegram_holds,
    )


def serving_console(parts: Parts, listener: socket.socket) -> AbstractAsyncContextManager[None]:
    """Serve the staff console over the parts; its live streams end with it."""
    store = parts.store
    app = create_app(
        service=store.service,
        staff=store.staff,
        stats=store.stats,
        clock=parts.clock,
        content=lambda: parts.reloader.state,
        public_url=parts.settings.public_url,
        tokens=store.tokens,
        provider=provider_of(parts.settings, parts.clock),
    )
    return serving(app, listener, closing=lambda: setattr(app.state, "closing", True))


def provider_of(settings: Settings, clock: Clock) -> Provider | None:
    """The OpenID Connect provider of the settings. Raises `SettingsError` where a part of it is missing."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret
    if not settings.oidc_client_id or secret is None or not settings.public_url:
        raise SettingsError(
            "AMPARO_OIDC_ISSUER needs AMPARO_OIDC_CLIENT_ID, AMPARO_OIDC_CLIENT_SECRET and AMPARO_PUBLIC_URL"
        )
    back = f"{settings.public_url}/sign-in/provider/back"
    named = ProviderSettings(
        settings.oidc_issuer, settings.oidc_client_id, secret.get_secret_value(), settings.oidc_name, back
    )
    return Provider(named, clock)


def sweeper(parts: Parts) -> Loop:
    """Everything that falls due by the clock: leases that ran out, texts that must go."""
    store, clock = parts.store, parts.clock

    async def loop() -> None:
        rounds = 0
        while True:
            store.keyring.refresh()
            await _swept("cases", lambda: store.service.sweep(clock.now()))
            await _swept("weekly", store.weekly.sweep)
            if rounds % PURGE_EVERY == 0:
                await _swept("purge", lambda: store.retention.purge(clock.now()))
            rounds += 1
            await asyncio.sleep(SWEEP_SECONDS)

    return loop


async def _swept(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """One of them: whatever fails in it holds back neither the others nor the bot, and is tried again."""
    try:
        await work()
    except StoreError as error:
        log.warning("sweep_failed", what=what, error=type(error).__name__)
    except Exception as error:
        log.error("sweep_failed", what=what, error=type(error).__name__)
