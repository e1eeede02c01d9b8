"""What stands before every route: host, origin, size, headers, faults."""

from __future__ import annotations

import io
import logging

import httpx
import pytest
import structlog
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from bot.console.guard import (
    LONGEST_BODY,
    SECURITY_HEADERS,
    Gate,
    Site,
    form_token,
    form_token_fits,
    from_our_page,
)
from tests.unit.console.stage import Stage, Visit

OPEN, BEHIND_PROXY = Site(""), Site("https://console.example.org")


@pytest.mark.parametrize(
    ("site", "host", "known"),
    [
        (OPEN, "localhost:8600", True),
        (OPEN, "127.0.0.1:8600", True),
        (OPEN, "[::1]:8600", True),
        (OPEN, "192.168.1.20", True),  # in figures: nobody's name server can point it at us
        (OPEN, "evil.example:8600", False),  # a name: DNS rebinding
        (OPEN, "localhost.evil.example", False),
        (OPEN, "", False),
        (OPEN, "[::1", False),
        (BEHIND_PROXY, "console.example.org", True),
        (BEHIND_PROXY, "example.org", False),
    ],
)
def test_hosts(site: Site, host: str, known: bool) -> None:
    assert site.knows(host) is known


@pytest.mark.parametrize(
    ("site", "headers", "ours"),
    [
        (OPEN, {"sec-fetch-site": "same-origin", "origin": "http://localhost:8600"}, True),
        (OPEN, {"origin": "http://localhost:8600"}, True),  # http on a local net: browsers send only this
        (OPEN, {"sec-fetch-site": "same-origin"}, True),
        (OPEN, {}, False),  # neither: not one of today's browsers
        (OPEN, {"sec-fetch-site": "none"}, False),  # typed or from a bookmark: no form does that
        (OPEN, {"sec-fetch-site": "same-site", "origin": "http://localhost:8600"}, False),
        (OPEN, {"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, False),
        (OPEN, {"origin": "http://localhost:9999"}, False),  # another port is another origin
        (OPEN, {"origin": "null"}, False),
        (BEHIND_PROXY, {"host": "console.example.org", "origin": "https://console.example.org"}, True),
        (BEHIND_PROXY, {"host": "console.example.org", "origin": "http://console.example.org"}, False),
    ],
)
def test_only_our_own_pages_may_change_things(site: Site, headers: dict[str, str], ours: bool) -> None:
    assert from_our_page(site, Headers({"host": "localhost:8600", **headers}), "http") is ours


def test_a_form_token_fits_its_session_alone() -> None:
    assert form_token_fits("one", form_token("one"))
    assert not form_token_fits("two", form_token("one"))
    assert not form_token_fits("", form_token(""))
    assert not form_token_fits("one", "né")


async def test_every_answer_carries_the_headers(visit: Visit) -> None:
    for path in ("/sign-in", "/nowhere", "/static/console.css", "/healthz"):
        await visit.open(path)
        for name, value in SECURITY_HEADERS.items():
            assert visit.page.headers[name] == value
    await visit.open("/sign-in")
    assert visit.page.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in visit.page.headers


async def test_pages_hold_no_inline_script_or_style(ana: Visit) -> None:
    for path in ("/queue", "/system", "/help"):
        page = await ana.open(path)
        assert " style=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count("<script src=") == 1


async def test_a_foreign_host_is_refused(stage: Stage) -> None:
    visit = Visit(stage.app, base="http://evil.example:8600")
    assert "Sign in" not in await visit.open("/sign-in")
    assert visit.page.status_code == 400
    await visit.close()


@pytest.mark.parametrize("announced", [True, False])
async def test_a_large_body_is_refused(stage: Stage, announced: bool) -> None:
    async def chunks() -> object:
        for _ in range(LONGEST_BODY // 65_536 + 2):
            yield b"x" * 65_536

    content = b"x" * (LONGEST_BODY + 1) if announced else chunks()
    transport = httpx.ASGITransport(app=stage.app)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
    }
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post("/sign-in", content=content, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 413


async def test_a_fault_shows_and_logs_nothing_of_what_was_said() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("words of a mother")

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    with structlog.testing.capture_logs() as events:
        transport = httpx.ASGITransport(app=Gate(broken, OPEN))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/queue")
    logging.getLogger().removeHandler(handler)
    assert answer.status_code == 500
    assert "mother" not in answer.text + written.getvalue() + repr(events)
    assert events[0]["error"] == "RuntimeError"
