"""Stand-ins at the seams of libraries."""

from __future__ import annotations

import json
from collections import deque
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from telegram.request import BaseRequest, RequestData

BOT = {"id": 1000001, "is_bot": True, "first_name": "Amparo", "username": "amparo_bot"}
TOKEN = "1000001:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


class FakeTelegram(BaseRequest):
    """Telegram at python-telegram-bot's own seam: keeps what was asked, answers first in, first out.

    A method nobody queued an answer for fails the test. An exception in the queue is raised.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers: dict[str, deque[Any]] = {}
        self.queue("getMe", BOT)

    def queue(self, method: str, *results: Any) -> None:
        """Results for coming calls: a value, an exception, or ``(status, body)``."""
        self._answers.setdefault(method, deque()).extend(results)

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == method]

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(  # type: ignore[override]
        self, url: str, method: str, request_data: RequestData | None = None, **_: Any
    ) -> tuple[int, bytes]:
        parts = urlsplit(url)
        name = parts.path.rsplit("/", 1)[-1]
        parameters = dict(parse_qsl(parts.query)) | (request_data.parameters if request_data else {})
        self.calls.append((name, parameters))
        waiting = self._answers.get(name)
        assert waiting, f"nobody expected {name}"
        result = waiting.popleft()
        if isinstance(result, BaseException):
            raise result
        if isinstance(result, tuple):
            status, body = result
            return status, json.dumps(body).encode()
        return 200, json.dumps({"ok": True, "result": result}).encode()


def refusal(status: int, description: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """An error as Telegram words it."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return status, body | ({"parameters": parameters} if parameters else {})
