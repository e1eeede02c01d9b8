"""Fixtures that several parts share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.helpline.crypto import Keyring, generate_key
from bot.helpline.database import Database
from tests.clock import FixedClock
from tests.postgres import PostgresServer, running_postgres

KEY = generate_key()
PEPPER = "a pepper for tests, long enough"


@pytest.fixture
def fixed_clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a fresh database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'amparo.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = await server.fresh()
    yield url
    await server.drop(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.upgrade()
    yield database
    await database.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([KEY], pepper=PEPPER)
