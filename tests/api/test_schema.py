"""Schemathesis against the API over HTTP: whatever is sent, no fault of ours, and answers as documented."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from bot.console.api import Rates, create_api
from bot.core.access import SCOPES
from tests.browser.serving import served
from tests.clock import FixedClock
from tests.unit.console.stage import PASSWORD, Case, Stage, open_stage

UNLIKE_US = [schemathesis.checks.positive_data_acceptance]
"""A well-formed reference of no case is not found, a text of blanks is empty: that is as it should be."""


class Opening:
    """The console, opened in the loop that serves it, with a few cases and a token for all scopes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.token = ""
        self.references: list[str] = []
        self.stage: Stage | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._open()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            assert self.stage is not None
            await self.stage.store.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert self.stage is not None
        await self.stage.app(scope, receive, send)

    async def _open(self) -> None:
        self.stage = await open_stage(self.path, FixedClock(), rates=Rates(10**9, 10**9))
        await self.stage.world.accounts.add("sup", "Sup", PASSWORD, "supervisor")
        self.references = [await self.stage.opens(chat, Case("help")) for chat in range(1, 4)]
        self.token = await self.stage.store.tokens.make("sup", "schemathesis", tuple(SCOPES))


@pytest.fixture(scope="module")
def api(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[str, str, list[str]]]:
    """Address of the API, a token, and references of cases."""
    path = tmp_path_factory.mktemp("api") / "api.db"
    shutil.copy(sqlite_template, path)
    opening = Opening(path)
    with served(opening) as address:
        while not opening.token:
            asyncio.run(asyncio.sleep(0.01))
        yield f"{address}/api/v1", opening.token, opening.references


def operations() -> list[tuple[str, str]]:
    """Every call of the API, read from its own document."""
    made: dict[str, Any] = bare().openapi()["paths"]
    return [(method, path) for path, item in made.items() for method in item]


def bare() -> FastAPI:
    """The API without anything behind it, for its document alone."""
    return create_api(None, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path"), operations())
def test_whatever_is_sent_is_answered_as_documented(
    api: tuple[str, str, list[str]], method: str, path: str
) -> None:
    address, token, references = api
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    headers = {"Authorization": f"Bearer {token}"}

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(), known=st.sampled_from([None, *references]))
    def ask(case: Any, known: str | None) -> None:
        if known is not None and "{reference}" in path:
            case.path_parameters = {"reference": known}
        case.call_and_validate(base_url=address, headers=headers, excluded_checks=UNLIKE_US)

    ask()
