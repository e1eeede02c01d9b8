"""Links: tried politely against a made-up web, and silence where there is none."""

from __future__ import annotations

import httpx
import pytest

from bot.content.library import read_responses
from bot.content.links import PAUSE, Link, all_links, client, no_network, try_links
from tests.unit.content.conftest import ROOT


def link(url: str) -> Link:
    return Link(url, "responses/services.yml", 1, True)


def web(request: httpx.Request) -> httpx.Response:
    match request.url.host, request.url.path:
        case "gone.example", _:
            raise httpx.ConnectError("no such host")
        case "loop.example", _:
            return httpx.Response(302, headers={"location": str(request.url)})
        case "moved.example", _:
            return httpx.Response(301, headers={"location": "https://good.example/"})
        case _, path:
            return httpx.Response({"/missing": 404, "/shy": 403}.get(path, 200))


async def test_each_link_is_told_apart_and_one_host_is_not_hurried() -> None:
    urls = [
        "https://good.example/",
        "https://good.example/missing",
        "https://good.example/shy",
        "https://moved.example/",
        "https://loop.example/",
        "https://gone.example/",
    ]
    pauses: list[float] = []
    told: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async with client(httpx.MockTransport(web)) as http:
        tried = await try_links([link(url) for url in urls], http, lambda _, share: told.append(share), sleep)
    assert [item.result for item in tried] == ["ok", "broken", "look", "ok", "broken", "unreachable"]
    assert pauses == [PAUSE, PAUSE]
    assert told[-1] == pytest.approx(1.0)


async def test_no_network_is_known_from_a_few_hosts() -> None:
    asked: list[str] = []

    def nothing(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        raise httpx.ConnectError("down")

    many = [link(f"https://host{number}.example/") for number in range(100)]
    async with client(httpx.MockTransport(nothing)) as http:
        assert await no_network(many, http)
    assert len(asked) < 20
    async with client(httpx.MockTransport(web)) as http:
        assert not await no_network([link("https://gone.example/"), link("https://good.example/")], http)


def test_every_address_of_the_content_is_listed_once() -> None:
    responses = read_responses(ROOT / "responses", [])
    links = all_links(responses)
    urls = [item.url for item in links]
    assert len(urls) == len(set(urls))
    shown = {
        service.web for country in responses.countries.values() for service in country.services if service.web
    }
    assert shown <= {item.url for item in links if item.shown}
