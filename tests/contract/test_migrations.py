"""Migrations make exactly the declared tables, and two processes may start at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from bot.errors import KeyringError
from bot.helpline import open_store
from bot.helpline.crypto import generate_key
from bot.helpline.database import Database
from bot.helpline.tables import metadata
from tests.clock import FixedClock
from tests.conftest import KEY, PEPPER
from tests.contract.world import KeyRenderer
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    yield await server.fresh(empty=True)


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    return list(compare_metadata(context, metadata))


def indexes(connection: Connection) -> dict[str, Any]:
    inspector = inspect(connection)
    return {
        str(index["name"]): (index["column_names"], index["unique"])
        for table in metadata.tables
        for index in inspector.get_indexes(table)
    }


async def test_migrations_and_declared_tables_agree(empty_url: str) -> None:
    database = Database(empty_url)
    await database.upgrade()
    await database.upgrade()
    assert await database.read(differences) == []
    made = await database.read(indexes)
    declared = {
        str(index.name): ([column.name for column in index.columns], index.unique)
        for table in metadata.tables.values()
        for index in table.indexes
    }
    assert {
        name: (columns, bool(unique)) for name, (columns, unique) in made.items() if name in declared
    } == declared
    await database.close()


async def test_two_processes_start_at_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(3)]
    await asyncio.gather(*(database.upgrade() for database in databases))
    assert await databases[0].read(differences) == []
    for database in databases:
        await database.close()


async def test_other_keys_show_at_the_start(empty_url: str) -> None:
    async def opened(keys: list[str], pepper: str) -> None:
        store = await open_store(
            empty_url, keys=keys, pepper=pepper, clock=FixedClock(), renderer=KeyRenderer()
        )
        await store.close()

    await opened([KEY], PEPPER)
    await opened([generate_key(), KEY], PEPPER)
    with pytest.raises(KeyringError, match="pepper"):
        await opened([KEY], PEPPER + "!")
    with pytest.raises(KeyringError, match="key"):
        await opened([generate_key()], PEPPER)
