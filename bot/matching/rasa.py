"""A Rasa server's ``/model/parse``, and its answer as a ranking of our intents.

The API is described at https://rasa.com/docs/rasa/pages/http-api (Rasa Open Source 3.6): POST of
``{"text": …}``, answered by ``{"text", "intent": {"name", "confidence"}, "intent_ranking": […], …}``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection

import httpx

from bot.core.rasanames import from_rasa
from bot.core.reading import Ranked

PARSE = "/model/parse"
MOST_BYTES = 256 * 1024
"""An answer is a few kilobytes; a longer one is not what Rasa sends."""

_ONE = 1.000001
"""Sums of probabilities may end a little above one."""

_CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=8)
_RETRIED_STATUS = frozenset({502, 503, 504})
_RETRIED = (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError)
"""Nothing is changed by a parse, so a broken connection may be tried once more."""


class RasaError(Exception):
    """The server did not answer as documented. ``reason`` is a short name without any words of people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def http_client(
    url: str, token: str = "", *, seconds: float, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A pooled client for a Rasa server. ``token`` is a JSON Web Token; ``seconds`` bound each step."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        base_url=url, headers=headers, timeout=seconds, limits=_CONNECTIONS, transport=transport
    )


class RasaParser:
    """Asks for the intent of a text."""

    def __init__(self, client: httpx.AsyncClient, intents: Collection[str]) -> None:
        """``intents`` are the names that are believed; others in an answer are passed over."""
        self._client = client
        self._intents = frozenset(intents)

    async def ranking(self, text: str) -> tuple[Ranked, ...]:
        """The server's ranking, best first, never empty. Raises `RasaError`."""
        try:
            response = await self._post(text)
        except httpx.TimeoutException:
            raise RasaError("timeout") from None
        except httpx.HTTPError as error:
            raise RasaError("no_connection" if isinstance(error, httpx.ConnectError) else "broken") from None
        if response.status_code != httpx.codes.OK:
            raise RasaError(f"status_{response.status_code // 100}xx")
        return ranking_of(_json(response.content), self._intents)

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.aclose()

    async def _post(self, text: str) -> httpx.Response:
        """Once more where the connection broke or a gateway says that the server is away."""
        try:
            response = await self._once(text)
            if response.status_code not in _RETRIED_STATUS:
                return response
        except _RETRIED:
            pass
        return await self._once(text)

    async def _once(self, text: str) -> httpx.Response:
        async with self._client.stream("POST", PARSE, json={"text": text}) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise RasaError("too_long")
        return httpx.Response(response.status_code, content=bytes(body))


def ranking_of(answer: object, intents: Collection[str]) -> tuple[Ranked, ...]:
    """Our intents in a parse result, best first. Raises `RasaError` where there are none."""
    if not isinstance(answer, dict):
        raise RasaError("wrong_shape")
    items = answer.get("intent_ranking") or [answer.get("intent")]
    if not isinstance(items, list):
        raise RasaError("wrong_shape")
    best: dict[str, Ranked] = {}
    for item in items:
        ranked = _ranked(item)
        if ranked.name in intents and ranked.confidence >= best.get(ranked.name, ranked).confidence:
            best[ranked.name] = ranked
    if not best:
        raise RasaError("unknown_intents")
    return tuple(sorted(best.values(), key=lambda ranked: -ranked.confidence))


def _ranked(item: object) -> Ranked:
    match item:
        case {"confidence": bool()}:
            pass
        case {"name": str() | None as name, "confidence": int() | float() as confidence}:
            if math.isfinite(confidence) and 0 <= confidence <= _ONE:
                # Without a name it is Rasa's answer to a text in which it knows nothing.
                return Ranked(from_rasa(name or ""), min(1.0, float(confidence)))
    raise RasaError("wrong_shape")


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RasaError("not_json") from None
