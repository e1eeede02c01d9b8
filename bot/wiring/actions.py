"""`amparo actions`: the dialogue for a Rasa server, over the same store as the bot and the console."""

from __future__ import annotations

import importlib.util
import ipaddress
from contextlib import AsyncExitStack

import structlog

from bot.actions.desk import Desk
from bot.actions.push import Pusher
from bot.errors import SettingsError
from bot.settings import Settings, bind
from bot.wiring.alerting import alert_sender
from bot.wiring.papers import PaperMaker
from bot.wiring.parts import Parts, Progress, open_parts, rasa_client
from bot.wiring.run import Loop, sweeper
from bot.wiring.serve import listen, until_stopped, url_of

log = structlog.get_logger()

RASA_SECONDS = 30.0
"""How long Rasa may take to tell a person what waits: it calls back for it meanwhile."""


async def run_actions(settings: Settings, *, progress: Progress | None = None) -> None:
    """Serve until stopped. Raises `AmparoError`s that say what to do."""
    if importlib.util.find_spec("rasa_sdk") is None:
        raise SettingsError("rasa-sdk is missing; install it with: pip install 'amparo[rasa]'")
    from bot.actions.sdk import executor
    from bot.actions.server import serving_actions

    token = _token(settings)
    async with AsyncExitStack() as stack:
        listener = listen(settings.actions_bind, "AMPARO_ACTIONS_BIND")
        stack.callback(listener.close)
        parts = await stack.enter_async_context(open_parts(settings, progress))
        desk = desk_over(parts)
        await desk.start()
        sender = await stack.enter_async_context(alert_sender(settings, parts.store, parts.clock))
        loops: list[Loop] = [sweeper(parts), parts.reloader.run, sender.run]
        if settings.rasa_url:
            client = rasa_client(settings.rasa_url, settings, seconds=RASA_SECONDS)
            stack.push_async_callback(client.aclose)
            loops.append(Pusher(client, parts.store.outbox, parts.clock).run)
        papers = PaperMaker(parts.phrasebook, parts.clock)
        ping = parts.store.database.ping
        serving = serving_actions(executor(desk), listener, token=token, ping=ping, papers=papers)
        await stack.enter_async_context(serving)
        log.info("actions_open", address=f"{url_of(listener)}/webhook", pushing=bool(settings.rasa_url))
        await until_stopped(*loops)
    log.info("stopped")


def desk_over(parts: Parts) -> Desk:
    """The desk over the parts. Rasa itself names the intents, so no other server is asked for them."""
    store = parts.store
    return Desk(
        inbox=store.inbox,
        turns=store.turns,
        outbox=store.outbox,
        reader=parts.local,
        scan=parts.scan,
        renderer=parts.phrasebook,
        clock=parts.clock,
        intents=parts.library.taxonomy.intents,
    )


def _token(settings: Settings) -> str:
    """What callers must send. Raises `SettingsError` where strangers could call without it."""
    if settings.actions_token is not None:
        return settings.actions_token.get_secret_value().strip()
    if not _this_machine(bind(settings.actions_bind)[0]):
        raise SettingsError(
            "AMPARO_ACTIONS_TOKEN is missing: AMPARO_ACTIONS_BIND can be reached from other machines, "
            "and whoever calls may write in the name of any person"
        )
    return ""


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
