"""The people's side over HTTP, for the chat page and for tests: JSON under ``/sandbox/api/``."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.errors import StoreUnavailable
from bot.sandbox.faults import fault_of
from bot.sandbox.guard import MAX_JSON, BodyTooLarge, limited
from bot.sandbox.hub import Sandbox, until
from bot.sandbox.params import parse_json
from bot.sandbox.refusals import ApiError, PeopleError
from bot.sandbox.text import Json, clean_line
from bot.sandbox.views import message_view, person_view

log = structlog.get_logger()

ROOT = "/sandbox/api"
MAX_WAIT = 30.0
"""Seconds a request may wait for the bot's next message."""

HEARTBEAT = 15.0
"""Seconds between signs of life on a stream without news."""

MAX_PEOPLE = 500

Handler = Callable[[Request, Mapping[str, Any]], Awaitable[Any] | Any]


class PeopleApi:
    """The routes of the people's side."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        person = "/people/{person:int}"
        return [
            self._route("/people", "GET", self._list),
            self._route("/people", "POST", self._add),
            self._route(f"{person}/bot", "GET", self._bot),
            self._route(f"{person}/messages", "GET", self._messages),
            self._route(f"{person}/messages", "POST", self._say),
            self._route(f"{person}/messages/{{message:int}}/edit", "POST", self._edit),
            self._route(f"{person}/messages/{{message:int}}/press", "POST", self._press),
            self._route(f"{person}/media", "POST", self._attach),
            self._route(f"{person}/block", "POST", self._block),
            self._route(f"{person}/read", "POST", self._read),
            self._route(f"{person}/groups", "POST", self._make_group),
            self._route(f"{person}/groups/remove-bot", "POST", self._remove_bot),
            self._route("/faults", "GET", self._faults),
            self._route("/faults", "POST", self._add_fault),
            self._route("/faults", "DELETE", self._clear_faults),
            Route(f"{ROOT}/events", self._events, methods=["GET"]),
            Route("/sandbox/files/{file}", self._file, methods=["GET"]),
        ]

    def _route(self, path: str, method: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                body = await _body(request) if method == "POST" else {}
                result = handler(request, body)
                value = await result if asyncio.iscoroutine(result) else result
                self._sandbox.commit()
                return JSONResponse(value)
            except PeopleError as error:
                return JSONResponse({"error": error.reason}, error.status)
            except BodyTooLarge:
                return JSONResponse({"error": "the request is too large"}, 413)
            except StoreUnavailable:
                log.error("sandbox_not_stored", path=path)
                return JSONResponse({"error": "the stand-in's file cannot be written"}, 500)

        return Route(ROOT + path, endpoint, methods=[method])

    def _list(self, _: Request, __: Mapping[str, Any]) -> Json:
        world = self._sandbox.world
        people = [person_view(human, world.messages(human.id)) for human in world.humans.values()]
        return {"people": people, "seq": world.seq}

    def _add(self, _: Request, body: Mapping[str, Any]) -> Json:
        if len(self._sandbox.world.humans) >= MAX_PEOPLE:
            raise PeopleError(409, "there are enough people")
        first_name = clean_line(_text(body, "first_name", 64))
        if not first_name:
            raise PeopleError(400, "a person needs a first name")
        language = _text(body, "language", 16).strip()
        if not all(part.isalnum() and part.isascii() for part in language.split("-") if language):
            raise PeopleError(400, "a language is a code such as es or pt-BR")
        country, note = _text(body, "country", 2).lower(), clean_line(_text(body, "note", 80))
        human = self._sandbox.world.add_human(first_name, language, country, note)
        return person_view(human, [])

    def _bot(self, request: Request, _: Mapping[str, Any]) -> Json:
        """What the person's client shows of the bot."""
        world = self._sandbox.world
        human = world.human(_person(request))
        code = human.language[:2].lower()
        code = code if len(code) == 2 and code.isalpha() and code.isascii() else ""
        profile = world.profile
        return {
            "name": profile.text("name", code),
            "username": world.bot_user()["username"],
            "description": profile.text("description", code),
            "about": profile.text("short_description", code),
            "commands": profile.commands_for(human.id, code),
        }

    async def _messages(self, request: Request, _: Mapping[str, Any]) -> Json:
        """A chat's messages; with ``after`` only those changed since, with ``wait`` until the bot says something."""
        person_id = _person(request)
        self._sandbox.world.human(person_id)
        chat_id = _number(request.query_params, "chat", person_id)
        after = _number(request.query_params, "after", -1)
        wait = min(MAX_WAIT, max(0.0, _seconds(request.query_params.get("wait", "0"))))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        with self._sandbox.sleeper() as event:
            while True:
                found = self._changed(chat_id, after)
                if not wait or any(message["from_bot"] for message in found):
                    break
                if not await until(event, max(0.0, deadline - loop.time())):
                    break
        return {"messages": found, "seq": self._sandbox.world.seq}

    def _changed(self, chat_id: int, after: int) -> list[Json]:
        world = self._sandbox.world
        return [message_view(m, world.bot_id) for m in world.messages(chat_id) if m.seq > after]

    def _say(self, request: Request, body: Mapping[str, Any]) -> Json:
        sent = self._sandbox.people.say(
            _person(request),
            _text(body, "text", 40_000),
            self._sandbox.now(),
            chat_id=_number(body, "chat"),
            reply_to=_number(body, "reply_to"),
            forwarded=_flag(body, "forwarded"),
        )
        return {"messages": [message_view(message, self._sandbox.world.bot_id) for message in sent]}

    def _edit(self, request: Request, body: Mapping[str, Any]) -> Json:
        text, chat_id = _text(body, "text", 40_000), _number(body, "chat")
        person_id, message_id = _person(request), request.path_params["message"]
        changed = self._sandbox.people.edit(person_id, message_id, text, self._sandbox.now(), chat_id=chat_id)
        return message_view(changed, self._sandbox.world.bot_id)

    def _press(self, request: Request, body: Mapping[str, Any]) -> Json:
        data, chat_id = _text(body, "data", 64), _number(body, "chat")
        person_id, message_id = _person(request), request.path_params["message"]
        press = self._sandbox.people.press(person_id, message_id, data, self._sandbox.now(), chat_id=chat_id)
        return {"press": press.id}

    def _attach(self, request: Request, body: Mapping[str, Any]) -> Json:
        kind, caption = _text(body, "kind", 20), _text(body, "caption", 5_000)
        sent = self._sandbox.people.attach(
            _person(request), kind, caption, self._sandbox.now(), chat_id=_number(body, "chat")
        )
        return message_view(sent, self._sandbox.world.bot_id)

    def _block(self, request: Request, body: Mapping[str, Any]) -> Json:
        self._sandbox.people.block(_person(request), _flag(body, "blocked"), self._sandbox.now())
        return {"blocked": self._sandbox.world.human(_person(request)).blocked}

    def _read(self, request: Request, body: Mapping[str, Any]) -> Json:
        self._sandbox.people.read(_person(request), _number(body, "message"))
        return {"read": self._sandbox.world.human(_person(request)).read}

    def _make_group(self, request: Request, body: Mapping[str, Any]) -> Json:
        title = clean_line(_text(body, "title", 128)) or "Group"
        return {"chat": self._sandbox.people.make_group(_person(request), title, self._sandbox.now()).id}

    def _remove_bot(self, request: Request, body: Mapping[str, Any]) -> Json:
        self._sandbox.people.remove_bot(_person(request), _number(body, "chat"), self._sandbox.now())
        return {}

    def _faults(self, _: Request, __: Mapping[str, Any]) -> Json:
        return {"faults": self._sandbox.faults.rows()}

    def _add_fault(self, request: Request, body: Mapping[str, Any]) -> Json:
        try:
            self._sandbox.faults.add(fault_of(dict(body)))
        except ValueError as error:
            raise PeopleError(400, str(error)) from None
        return self._faults(request, body)

    def _clear_faults(self, request: Request, body: Mapping[str, Any]) -> Json:
        self._sandbox.faults.clear()
        return self._faults(request, body)

    async def _events(self, _: Request) -> Response:
        """News as server-sent events. Each connection begins with ``hello``: then the page loads afresh."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

    async def _stream(self) -> AsyncIterator[str]:
        with self._sandbox.watch() as news:
            yield 'retry: 1000\ndata: {"kind":"hello"}\n\n'
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        item = await news.get()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if item is None:
                    return
                yield f"data: {json.dumps(item, separators=(',', ':'))}\n\n"

    def _file(self, request: Request) -> Response:
        """A document the bot sent, always as a download: it must never run in the page's name."""
        file_id = request.path_params["file"]
        data = self._sandbox.storage.file(file_id)
        if data is None:
            return JSONResponse({"error": "there is no such file"}, 404)
        name = quote(request.query_params.get("name", "file")[:120])
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(data, media_type="application/octet-stream", headers=headers)


async def _body(request: Request) -> Mapping[str, Any]:
    raw = await limited(request, MAX_JSON).body()
    try:
        parsed = parse_json(raw, "")
    except ApiError:
        raise PeopleError(400, "this is not JSON") from None
    if not isinstance(parsed, dict):
        raise PeopleError(400, "an object is expected")
    return parsed


def _person(request: Request) -> int:
    return int(request.path_params["person"])


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise PeopleError(400, f"{name} is a text of at most {longest} characters")
    return value


def _number(values: Mapping[str, Any], name: str, default: int = 0) -> int:
    value = values.get(name, default)
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii() and len(value) < 20:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise PeopleError(400, f"{name} is a whole number")
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise PeopleError(400, f"{name} is true or false")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise PeopleError(400, "wait is a number of seconds") from None
    return value if math.isfinite(value) else 0.0
