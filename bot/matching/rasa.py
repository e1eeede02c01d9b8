"""A Rasa server's ``/model/parse``, and its answer as a ranking of our intents.

The API is described at https://rasa.com/docs/rasa/pages/http-api (Rasa Open Source 3.6): POST of
``{"text": …}``, answered by ``{"text", "intent": {"name", "confidence"}, "intent_ranking": […], …}``.
"""

from __future__ import annotations

import json
from collections.abc import Collection

import httpx

from bot.core.rasa import NoRanking, ranking_of
from bot.core.reading import Ranked

PARSE = "/model/parse"
MOST_BYTES = 256 * 1024
"""An answer is a few kilobytes; a longer one is not what Rasa sends."""

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
        try:
            return ranking_of(_json(response.content), self._intents)
        except NoRanking as error:
            raise RasaError(str(error)) from None

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


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RasaError("not_json") from None
