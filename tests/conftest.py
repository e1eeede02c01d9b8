"""Fixtures that several parts share."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.helpline.crypto import Keyring, generate_key
from bot.helpline.database import Database
from tests.clock import FixedClock
from tests.postgres import PostgresServer, in_thread, make_tables, running_postgres

KEY = generate_key()
PEPPER = "a pepper for tests, long enough"


@pytest.fixture
def fixed_clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables; copying it is quicker than making them."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    in_thread(lambda: make_tables(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a fresh database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "amparo.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = await server.fresh()
    yield url
    await server.give_back(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.upgrade()
    yield database
    await database.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([KEY], pepper=PEPPER)
