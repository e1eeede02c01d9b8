"""Signed webhooks: what is posted, how it is signed, and that it does not lead into our own network.

Signed as Standard Webhooks says (https://www.standardwebhooks.com, version 1), for which receivers find
libraries in most languages:

    webhook-id          the alert's number, the same at each try
    webhook-timestamp   seconds since 1970
    webhook-signature   ``v1,`` and the HMAC-SHA256, in base64, of ``<id>.<timestamp>.<body>``

The key is what stands in base64 behind ``whsec_`` in the secret that administrators see.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import ipaddress
import json
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx

SECRET_PREFIX = "whsec_"  # noqa: S105 - tells what follows, as the standard wants it
_SECRET_BYTES = 32
TIMEOUT_SECONDS = 10.0
LONGEST_SECONDS = 20.0
"""For all of a request: an answer in single bytes must not hold up others."""

_MOST_ADDRESSES = 4

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name; raises OSError where it has none."""


class AlertFailed(Exception):
    """An alert did not get through; the text is a short name without content."""


def new_secret() -> str:
    """A secret to sign with: 256 random bits."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers_of(secret: str, message_id: str, stamp: int, body: bytes) -> dict[str, str]:
    """The headers of a webhook sent at ``stamp`` (seconds since 1970)."""
    return {
        "content-type": "application/json",
        "user-agent": "Amparo",
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature(secret, message_id, str(stamp), body),
    }


def body_of(event: str, at: str, data: Mapping[str, Any]) -> bytes:
    """What is posted: the event's name, when it happened (ISO 8601), and codes and times of the case."""
    return json.dumps({"type": event, "timestamp": at, "data": data}, sort_keys=True).encode()


async def lookup(host: str, port: int) -> Sequence[str]:
    """The addresses of a host name, by the machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Poster:
    """Posts over https to public addresses.

    The address is looked up here and the connection made to just that address, so that a name cannot mean
    one machine when it is checked and another when it is used. Redirects are not followed, no proxy of the
    environment is used, and nothing of the answer but its status is looked at.

    Args:
        inside: http and addresses of one's own network are allowed.
        transport: what carries requests, where not httpx itself does.
    """

    def __init__(
        self,
        *,
        inside: bool = False,
        lookup: Lookup = lookup,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._inside = inside
        self._lookup = lookup
        # A connection is never used again: the next name at that address would have to show its certificate.
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Give back connections."""
        await self._client.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body. Raises `AlertFailed` unless the answer is a 2xx."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                status = await self._status(url, body, headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise AlertFailed(type(error).__name__) from error
        if not 200 <= status < 300:
            raise AlertFailed(f"status_{status}")

    async def _status(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        target = httpx.URL(url)
        if target.scheme != "https" and not (self._inside and target.scheme == "http"):
            raise AlertFailed("not_https")
        addresses = await self._addresses(target)
        for address in addresses[:-1]:
            try:
                return await self._ask(target, address, body, headers)
            except httpx.ConnectError:
                continue
        return await self._ask(target, addresses[-1], body, headers)

    async def _addresses(self, target: httpx.URL) -> Sequence[str]:
        """Where to connect; one address that is not allowed spoils the name."""
        found = await self._lookup(_name(target), target.port or 443)
        if not found:
            raise AlertFailed("no_address")
        if not self._inside and not all(is_public(address) for address in found):
            raise AlertFailed("private_address")
        return found[:_MOST_ADDRESSES]

    async def _ask(self, target: httpx.URL, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        request = self._client.build_request(
            "POST",
            target.copy_with(host=address),
            content=body,
            headers={**headers, "host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": _name(target)},
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code


def _name(target: httpx.URL) -> str:
    return target.raw_host.decode("ascii")


def is_public(address: str) -> bool:
    """Whether an address is of the internet; one of version 4 written as version 6 counts as itself.

    The one rule for what may be set up and for what is posted to. Raises ValueError where it is no address.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None and found not in _UNICAST:
            return False
        found = inner or found
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
