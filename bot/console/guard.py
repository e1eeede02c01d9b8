"""What stands before every route: the host, the size of a body, where a form came from, the headers.

Deny by default. A request that changes something must come from a page of this console: the browser
says so by ``Sec-Fetch-Site`` or ``Origin``, and is refused when it says neither; on top of that each
form carries a token bound to the browser's session.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

LONGEST_BODY = 512 * 1024
"""Bytes of a request. A text of 100 kB arrives, so that it can be given back as too long."""

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: browsers would then send "Origin: null" with every form
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Under what address the console is reached. ``public_url`` is empty on a machine of one's own."""

    public_url: str

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over https."""
        return self.public_url.startswith("https://")

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` header is ours.

        Addresses in figures and localhost are let in: only names can be pointed at us by somebody
        else's name server (DNS rebinding).
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if self.public_url and name == urlsplit(self.public_url).hostname:
            return True
        return name == "localhost" or _is_address(name)

    def origin(self, scheme: str, host: str) -> str:
        """The origin of our own pages in a request that came to ``host``."""
        if self.public_url and urlsplit(f"//{host}").hostname == urlsplit(self.public_url).hostname:
            parts = urlsplit(self.public_url)
            return f"{parts.scheme}://{parts.netloc}".lower()
        return f"{scheme}://{host}".lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def from_our_page(site: Site, headers: Headers, scheme: str) -> bool:
    """Whether a browser says that a changing request comes from one of our pages."""
    fetch_site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if fetch_site is None and origin is None:
        return False  # no browser of today leaves out both: a script, or a header taken away on the way
    if fetch_site is not None and fetch_site != "same-origin":
        return False
    return origin is None or origin.lower() == site.origin(scheme, headers.get("host", ""))


def form_token(secret: str) -> str:
    """The token of all forms of a session: of no use without its cookie, and does not tell it."""
    return hmac.digest(secret.encode(), b"amparo console form", "sha256").hex()


def form_token_fits(secret: str, token: str) -> bool:
    """Whether a form was made for this session."""
    return bool(secret) and hmac.compare_digest(form_token(secret).encode(), token.encode())


class _TooLarge(Exception):
    """More bytes came than are taken."""


class Gate:
    """The outermost layer: refuses foreign hosts and large bodies, adds headers, hides faults."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        answer = _Answer(send, _headers_for(scope["path"], self._site))
        headers = Headers(scope=scope)
        if not self._site.knows(headers.get("host", "")):
            await _say(400, "This address is not known here.", scope, receive, answer)
        elif _announced(headers) > LONGEST_BODY:
            await _say(413, "That is too long to be taken.", scope, receive, answer)
        else:
            await self._guarded(scope, receive, answer)

    async def _guarded(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LONGEST_BODY:
                raise _TooLarge
            return message

        try:
            await self._app(scope, limited, answer)
        except _TooLarge:
            if not answer.begun:
                await _say(413, "That is too long to be taken.", scope, receive, answer)
        except Exception as error:
            # The outermost loop: what is not foreseen must not reach the server's own log, which
            # would print the words of people that stand in an error.
            log.error("console_failed", error=type(error).__name__, method=scope["method"])
            if not answer.begun:
                await _say(500, "Something went wrong on the server.", scope, receive, answer)


class _Answer:
    """Adds our headers to whatever answer goes out, and knows whether one has begun."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers[name] = value
        await self._send(message)


def _headers_for(path: str, site: Site) -> dict[str, str]:
    headers = dict(SECURITY_HEADERS)
    headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"
    if site.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else LONGEST_BODY + 1


async def _say(status: int, text: str, scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(text, status)(scope, receive, send)
