"""rasa-sdk's own Sanic server, behind a door: who may call, how much, and errors without words of people."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import socket
import warnings
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa_sdk.endpoint import create_app
from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.handlers import ErrorHandler
from sanic.request import Request
from sanic.response import HTTPResponse, raw
from sanic.response import json as as_json

from bot.actions.replies import PAPERS
from bot.actions.sdk import Executor
from bot.core.handout import Document
from bot.core.ports import Papers
from bot.core.taxonomy import COUNTRIES, LANGUAGES
from bot.errors import ContentError, HandoutError

log = structlog.get_logger()

MOST_BYTES = 900 * 1024
"""A tracker of a long session is a few hundred kilobytes."""

_PAPER = re.compile(
    rf"{PAPERS}(?P<language>{'|'.join(LANGUAGES)})/(?P<name>[a-z0-9_-]{{1,60}})\.pdf", re.ASCII
)
_OPEN = ("/health",)
Ping = Callable[[], Awaitable[None]]


class Door:
    """Looks at a request before rasa-sdk does."""

    def __init__(self, token: str, ping: Ping, papers: Papers) -> None:
        self._token = token
        self._ping = ping
        self._papers = papers

    async def __call__(self, request: Request) -> HTTPResponse | None:
        """An answer, or None where the request may go on."""
        if request.path in _OPEN:
            return await self._health()
        if not self._known(request):
            return _refused(401, "Authorization: Bearer … is missing or wrong")
        if request.path == "/metrics":
            return raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)
        if request.path.startswith(PAPERS):
            return await self._paper(request)
        # Sanic leads /webhook/ to the same place, so the method says it and not the path.
        return _checked(request) if request.method == "POST" else None

    async def _health(self) -> HTTPResponse:
        try:
            await self._ping()
        except Exception as error:  # whatever it is, the database does not answer
            log.error("health_failed", error=type(error).__name__)
            return as_json({"status": "database away"}, status=503)
        return as_json({"status": "ok"})

    async def _paper(self, request: Request) -> HTTPResponse:
        """A lesson card or family sheet as a file, for programs that talk over Rasa's REST channel."""
        match = _PAPER.fullmatch(request.path)
        if match is None or request.method != "GET":
            return _refused(404, _REASONS[404])
        country = request.args.get("country", "")
        document = Document(match["name"], match["language"], country if country in COUNTRIES else "")
        try:
            paper = await self._papers.make(document)
        except (ContentError, HandoutError):
            return _refused(404, _REASONS[404])
        named = {"Content-Disposition": f'attachment; filename="{paper.name}"'}
        return raw(paper.data, content_type="application/pdf", headers=named)

    def _known(self, request: Request) -> bool:
        if not self._token:
            return True
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())


def _checked(request: Request) -> HTTPResponse | None:
    """Whether the body is an object in JSON of a bearable size; rasa-sdk would repeat it in its error."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        return _refused(413, "the body is too long")  # Sanic has not read it
    encoding = request.headers.get("content-encoding", "")
    if encoding not in ("", "identity", "deflate"):
        return _refused(415, "the body must be JSON, plain or with Content-Encoding deflate")
    body = request.body
    if encoding == "deflate":
        try:
            opened = zlib.decompressobj()
            body = opened.decompress(body, MOST_BYTES)
        except zlib.error:
            return _refused(400, "the body is not what its Content-Encoding says")
        if opened.unconsumed_tail:
            return _refused(413, "the body is too long")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _refused(400, "the body is not JSON")
    if not isinstance(value, dict):
        return _refused(400, "the body must be an object")
    if not isinstance(value.get("version"), str | None):
        return _refused(400, "version must be a text")
    return None


def _refused(status: int, error: str) -> HTTPResponse:
    # Rasa reads action_name from every answer with status 400.
    return as_json({"error": error, "action_name": "unknown"}, status=status)


class _Errors(ErrorHandler):
    """In place of rasa-sdk's handler, which answers and logs the whole body of the request."""

    def response(self, request: Request, exception: Exception) -> HTTPResponse:
        status = exception.status_code if isinstance(exception, SanicException) else 500
        # A caller that does not wait for its answer cancels the request; that is no fault of ours.
        if status >= 500 and not isinstance(exception, asyncio.CancelledError):
            log.error("request_failed", error=type(exception).__name__)
        return _refused(status, _REASONS.get(status, "the request cannot be answered"))


_REASONS = {404: "there is nothing at this address", 405: "not with this method", 413: "the body is too long"}


@asynccontextmanager
async def serving_actions(
    actions: Executor, listener: socket.socket, *, token: str, ping: Ping, papers: Papers
) -> AsyncIterator[None]:
    """Serve the actions for as long as the block lasts.

    Args:
        actions: what can be called.
        listener: a listening socket.
        token: what a caller must send as ``Authorization: Bearer``; empty: anybody may call.
        ping: raises where the database is away.
        papers: makes the files that answers name.
    """
    # Rasa 3.6 and this rasa-sdk bear different numbers and speak the same protocol.
    warnings.filterwarnings("ignore", message="(Your versions of rasa|You are using an old version of rasa)")
    app = create_app(actions, cors_origins="")
    app.config.REQUEST_MAX_SIZE = MOST_BYTES
    app.config.TOUCHUP = False  # it rewrites Sanic's own code for the whole process
    app.error_handler = _Errors()
    app.register_middleware(Door(token, ping, papers), "request", priority=100)
    try:
        later = {"start_serving": False}
        server = await app.create_server(sock=listener, access_log=False, asyncio_server_kwargs=later)
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()
    finally:
        Sanic.unregister_app(app)
