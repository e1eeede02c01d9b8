"""Servers and loops side by side in one process, and a clean end to all of them."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.errors import SettingsError
from bot.settings import bind

log = structlog.get_logger()

GRACE_SECONDS = 2
"""How long open connections (live streams above all) are waited for at the end."""


class _Server(uvicorn.Server):
    """uvicorn, without signal handlers of its own: two of them would fight over Ctrl-C."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(address: str, setting: str) -> socket.socket:
    """A listening socket. Raises `SettingsError` naming the setting where the port is taken."""
    host, port = bind(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(f"{setting}: {address} is in use or not allowed; choose another") from error
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """The address a browser on this machine opens."""
    host, port = listener.getsockname()[:2]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


@asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket, *, closing: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Serve an application for as long as the block lasts.

    ``closing`` is called first at the end: it ends streams that would otherwise never end.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=20,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():  # uvicorn tells in no other way  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        closing()
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


async def until_stopped(
    *loops: Callable[[], Awaitable[None]], ready: Callable[[], None] = lambda: None
) -> None:
    """Run the loops until one fails, or SIGINT or SIGTERM asks for the end.

    ``ready`` is called once a signal would end everything cleanly.
    """
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(name, stop.set)
    ready()
    tasks = [asyncio.ensure_future(loop()) for loop in loops]
    stopper = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stopper], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopper}:
            task.result()
    finally:
        for task in (*tasks, stopper):
            task.cancel()
        await asyncio.gather(*tasks, stopper, return_exceptions=True)
        for name in (signal.SIGINT, signal.SIGTERM):
            running.remove_signal_handler(name)
