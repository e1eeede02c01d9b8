"""Who may talk to the page and the people's API: only this machine's own browser, in small pieces.

A page of another site must not write as somebody here (CSRF), nor read after pointing its own
name at 127.0.0.1 (DNS rebinding). The Bot API is guarded by its token instead.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_JSON = 64 * 1024
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class BodyTooLarge(Exception):
    """The request's body is larger than it may be."""


def limited(request: Request, limit: int) -> Request:
    """The request with its body counted while it comes; reading more than ``limit`` bytes raises `BodyTooLarge`."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise BodyTooLarge
        return message

    return Request(request.scope, receive)


class Guard:
    """Stands before the page and the people's API, and puts the safety headers on every answer of theirs."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = LOCAL_HOSTS) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/bot"):
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        reason = self._refuse(Request(scope))
        if reason:
            await JSONResponse({"error": reason}, 403)(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)

    def _refuse(self, request: Request) -> str:
        """Why a request may not pass; empty where it may."""
        host = request.headers.get("host", "")
        if _name(f"//{host}") not in self._hosts:
            return "this page is for this machine alone"
        origin = request.headers.get("origin")
        if origin is not None and origin != f"{request.url.scheme}://{host}":
            return "requests from other sites are refused"
        # A link from elsewhere to the page itself may be followed; nothing more.
        followed = request.url.path == "/" and request.headers.get("sec-fetch-mode") == "navigate"
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not followed:
            return "requests from other sites are refused"
        if request.method not in ("GET", "HEAD"):
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                return "only JSON is taken"
        return ""


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
