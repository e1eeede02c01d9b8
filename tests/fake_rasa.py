"""A small server that speaks Rasa's HTTP API as documented, and can be slow, broken or wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Hook = Callable[[], Awaitable[None]]


def parsed(text: str, ranking: Mapping[str, float]) -> dict[str, Any]:
    """A parse result as Rasa Open Source 3.6 sends it."""
    items = [{"name": name, "confidence": confidence} for name, confidence in ranking.items()]
    return {
        "text": text,
        "intent": items[0] if items else {"name": None, "confidence": 0.0},
        "entities": [],
        "text_tokens": [[0, len(text)]],
        "intent_ranking": items,
    }


class FakeRasa:
    """``behaviour``: ``right``, ``slow``, ``error``, ``away`` (503), or the body of the answer."""

    def __init__(self, ranking: Mapping[str, float] | None = None, behaviour: str | bytes = "right") -> None:
        self.ranking = dict(ranking or {"bullying.victim": 0.9, "greet": 0.1})
        self.behaviour = behaviour
        self.hook: Hook | None = None
        self.texts: list[str] = []
        self.tokens: list[str] = []
        self.app = Starlette(routes=[Route("/model/parse", self._parse, methods=["POST"])])

    async def _parse(self, request: Request) -> Response:
        text = str((await request.json())["text"])
        self.texts.append(text)
        self.tokens.append(request.headers.get("authorization", ""))
        if self.hook is not None:
            await self.hook()
        match self.behaviour:
            case bytes() as body:
                return Response(body, media_type="application/json")
            case "slow":
                await asyncio.wait_for(asyncio.Event().wait(), 2)
            case "error":
                return JSONResponse({"status": "failure", "message": text}, 500)
            case "away":
                return Response(status_code=503)
        return JSONResponse(parsed(text, self.ranking))


def as_body(answer: object) -> bytes:
    return json.dumps(answer).encode()
