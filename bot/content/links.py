"""Tries the addresses that the content names, politely: few at once, one at a time for each host."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.content.model import Responses

AT_ONCE = 8
SECONDS = 15.0
CONNECT_SECONDS = 5.0
PAUSE = 1.0
"""Between two questions to one host."""

_REFUSED_BUT_THERE = frozenset({401, 403, 405, 406, 418, 429, 503, 999})
"""Many sites answer a program so although the page opens in a browser: somebody should look."""

Tell = Callable[[str, float], None]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Link:
    """An address and where it stands. ``shown`` says that people see it."""

    url: str
    file: str
    line: int
    shown: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a link: ``ok``, ``look`` (answers a program with a refusal), ``broken``, ``unreachable``."""

    link: Link
    result: str
    detail: str

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self.link), "result": self.result, "detail": self.detail}


def all_links(responses: Responses) -> list[Link]:
    """Every address once, those that people see first."""
    found: dict[str, Link] = {}
    for link in sorted(_links(responses), key=lambda item: not item.shown):
        if link.url.startswith(("https://", "http://")):
            found.setdefault(link.url, link)
    return list(found.values())


def _links(responses: Responses) -> Iterator[Link]:
    services = [item for country in responses.countries.values() for item in country.services]
    for service in (*services, *responses.worldwide):
        yield Link(service.web, service.file, service.line, True)
        yield Link(service.provenance.source, service.file, service.line, False)
    for platform in responses.platforms.values():
        for action in platform.actions.values():
            yield Link(action.web, platform.file, action.line, True)
            yield Link(action.provenance.source, platform.file, action.line, False)
    for source in responses.sources.values():
        yield Link(source.get("url", ""), "responses/sources.yml", 0, False)


def client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for `try_links`: short waits, few redirects, an honest name."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=True,
        max_redirects=5,
        headers={"User-Agent": "amparo-link-check/1 (checks that addresses shown to families still open)"},
        limits=httpx.Limits(max_connections=AT_ONCE),
        transport=transport,
    )


async def try_links(
    links: Sequence[Link], http: httpx.AsyncClient, tell: Tell, sleep: Sleep = asyncio.sleep
) -> list[Tried]:
    """Every link tried, in the order given; ``tell`` hears of each. Never raises for a link."""
    hosts: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        hosts[urlsplit(link.url).netloc].append(link)
    gate = asyncio.Semaphore(AT_ONCE)
    done: dict[str, Tried] = {}

    async def host(name: str, its: list[Link]) -> None:
        for number, link in enumerate(its):
            if number:
                await sleep(PAUSE)
            async with gate:
                done[link.url] = await _try(link, http)
            tell(name, len(done) / len(links))

    async with asyncio.TaskGroup() as group:
        for name, its in hosts.items():
            group.create_task(host(name, its))
    return [done[link.url] for link in links]


async def no_network(links: Sequence[Link], http: httpx.AsyncClient) -> bool:
    """Whether not one of a few hosts can be reached: then nothing can be said about the links."""
    hosts = {urlsplit(link.url).netloc: link for link in links}
    probes = list(hosts.values())[:AT_ONCE]
    tried = await try_links(probes, http, lambda *_: None)
    return bool(tried) and all(item.result == "unreachable" for item in tried)


async def _try(link: Link, http: httpx.AsyncClient) -> Tried:
    try:
        # The body is not read: only whether the page is there.
        async with http.stream("GET", link.url) as answer:
            status = answer.status_code
    except httpx.TooManyRedirects:
        return Tried(link, "broken", "sent on without end")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Tried(link, "unreachable", type(error).__name__)
    if status < 400:
        return Tried(link, "ok", str(status))
    return Tried(link, "look" if status in _REFUSED_BUT_THERE else "broken", str(status))
