"""Webhooks: signed as the standard wants it, over https, to the internet and nowhere else."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bot.errors import WrongField
from bot.helpline import webhooks
from bot.helpline.receivers import Wanted, checked
from bot.helpline.webhooks import AlertFailed, Poster, body_of, headers_of, new_secret
from tests.tls import contexts

PUBLIC = "93.184.216.34"
URL = "https://hooks.example.org/alerts?team=1"


def resolver(*addresses: str) -> webhooks.Lookup:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


class Answers(httpx.AsyncBaseTransport):
    """Answers each request with a status, and remembers it."""

    def __init__(self, status: int = 204, **headers: str) -> None:
        self.status, self.headers = status, headers
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        return httpx.Response(self.status, headers=self.headers)


@given(at=st.integers(0, 2**33), data=st.dictionaries(st.text(), st.text() | st.none()))
def test_the_standards_own_library_accepts_the_signature(at: int, data: dict[str, str | None]) -> None:
    secret, body = new_secret(), body_of("opened", "2026-03-02T12:00:00+00:00", data)
    mine = headers_of(secret, "17", at, body)["webhook-signature"]
    assert mine == Webhook(secret).sign("17", datetime.fromtimestamp(at, UTC), body.decode())
    now = int(time.time())  # what the library compares with
    assert Webhook(secret).verify(body, headers_of(secret, "17", now, body)) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers_of(secret, "17", now, body))


async def test_the_request_goes_to_the_address_that_was_checked() -> None:
    server = Answers()
    poster = Poster(lookup=resolver(PUBLIC), transport=server)
    await poster.post(URL, b"{}", {"webhook-id": "1"})
    (request,) = server.requests
    assert str(request.url) == f"https://{PUBLIC}/alerts?team=1"
    assert request.headers["host"] == "hooks.example.org"
    assert request.extensions["sni_hostname"] == "hooks.example.org"
    assert (request.method, request.content, request.headers["webhook-id"]) == ("POST", b"{}", "1")
    await poster.close()


def written(address: str) -> str:
    return f"https://[{address}]/alerts" if ":" in address else f"https://{address}/alerts"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *("224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "ff02::1"),
        *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::", "2001:db8::1", "64:ff9b:1::1"),
        *("64:ff9b::a00:1", "ff0e::1", "4000::1"),
    ],
)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    server = Answers()
    for found in ((address,), (PUBLIC, address)):
        with pytest.raises(AlertFailed, match="private_address"):
            await Poster(lookup=resolver(*found), transport=server).post(URL, b"{}", {})
    assert server.requests == []
    await Poster(inside=True, lookup=resolver(address), transport=server).post(URL, b"{}", {})
    with pytest.raises(WrongField, match="own network"):  # nor can it be set up
        checked(Wanted(webhooks=(written(address),)))
    assert checked(Wanted(webhooks=(written(address),)), inside=True)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
async def test_the_internet_is_reached(address: str) -> None:
    server = Answers()
    await Poster(lookup=resolver(address), transport=server).post(URL, b"{}", {})
    assert server.requests[0].url.host == address
    assert checked(Wanted(webhooks=(written(address),))).webhooks == (written(address),)


async def test_http_only_where_one_own_network_is_allowed() -> None:
    server = Answers()
    with pytest.raises(AlertFailed, match="not_https"):
        await Poster(lookup=resolver(PUBLIC), transport=server).post("http://x.example", b"{}", {})
    await Poster(inside=True, lookup=resolver(PUBLIC), transport=server).post("http://x.example", b"{}", {})


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 410, 500, 503])
async def test_anything_but_a_2xx_is_a_failure_and_no_redirect_is_followed(status: int) -> None:
    server = Answers(status, location="https://elsewhere.example/")
    with pytest.raises(AlertFailed, match=f"status_{status}"):
        await Poster(lookup=resolver(PUBLIC), transport=server).post(URL, b"{}", {})
    assert len(server.requests) == 1


async def test_a_name_without_an_address_is_a_failure_without_the_name() -> None:
    async def gone(host: str, port: int) -> Sequence[str]:
        raise OSError(f"no such host: {host}")

    with pytest.raises(AlertFailed) as caught:
        await Poster(lookup=gone).post(URL, b"{}", {})
    assert str(caught.value) == "OSError"
    with pytest.raises(AlertFailed, match="no_address"):
        await Poster(lookup=resolver()).post(URL, b"{}", {})


@asynccontextmanager
async def https_server(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers 204; its port, and the first lines of what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def test_over_real_tls_the_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    context, trusting = contexts(tmp_path, "hooks.test")
    transport = httpx.AsyncHTTPTransport(verify=trusting)
    poster = Poster(inside=True, lookup=resolver("127.0.0.2", "127.0.0.1"), transport=transport)
    async with https_server(context) as (port, asked):
        await poster.post(f"https://hooks.test:{port}/in", b"{}", {})
        assert asked[0].startswith(b"POST /in HTTP/1.1\r\nhost: hooks.test:%d\r\n" % port)
        with pytest.raises(AlertFailed, match="ConnectError"):
            await poster.post(f"https://other.test:{port}/in", b"{}", {})
    assert len(asked) == 1
    await poster.close()
