"""The stand-in without a socket, for tests: a transport for httpx, so also for python-telegram-bot's requests.

``HTTPXRequest(httpx_kwargs={"transport": SandboxTransport(app)})``
"""

from __future__ import annotations

import asyncio

import httpx
from starlette.applications import Starlette

from bot.sandbox.faults import Faults


class SandboxTransport(httpx.AsyncBaseTransport):
    """Hands requests to the application in this process; a refused connection is exactly that here."""

    def __init__(self, app: Starlette) -> None:
        self._faults: Faults = app.state.sandbox.faults
        self._inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises `httpx.ConnectError` for a refused connection, `httpx.ReadTimeout` where no answer comes."""
        path = request.url.path
        if path.startswith("/bot") and self._faults.strike(
            path.rpartition("/")[2], None, frozenset({"refused"})
        ):
            raise httpx.ConnectError("connection refused", request=request)
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                return await self._inner.handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer", request=request) from error
