"""Addresses, transactions and what becomes of a driver's errors."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text

from bot.errors import Conflict, SettingsError, StoreError, StoreUnavailable
from bot.helpline.database import Database
from bot.helpline.tables import UtcDateTime, meta


def put(connection: Connection, key: str) -> None:
    connection.execute(insert(meta), {"key": key, "value": "x"})


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(meta)).scalar_one()


class Stop(Exception):
    """Ends a transaction."""


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:"])
def test_an_unknown_address_is_refused_without_its_value(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Database(url)
    assert "DATABASE_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///a.db", "sqlite"),
        ("sqlite+aiosqlite:///a.db", "sqlite"),
        ("postgresql://u@h/d?sslmode=require", "postgresql"),
        ("postgresql+asyncpg://u@h/d", "postgresql"),
    ],
)
async def test_known_addresses(url: str, name: str) -> None:
    database = Database(url)
    assert database.name == name
    await database.close()


async def test_a_block_commits_as_a_whole(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.run(put, "a")
        await transaction.run(put, "b")
    assert await database.read(count) == 2


async def test_an_exception_rolls_back(database: Database) -> None:
    async def breaks() -> None:
        async with database.write() as transaction:
            await transaction.run(put, "a")
            raise Stop

    with pytest.raises(Stop):
        await breaks()
    assert await database.read(count) == 0
    await database.run(put, "a")


async def test_a_row_that_exists_is_a_conflict(database: Database) -> None:
    await database.run(put, "a")
    with pytest.raises(Conflict):
        await database.run(put, "a")
    await database.run(put, "b")
    assert await database.read(count) == 2


async def test_a_refused_statement_is_a_store_error(database: Database) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("SELECT nonsense FROM meta"))

    with pytest.raises(StoreError):
        await database.run(wrong)
    await database.ping()


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(database: Database) -> None:
    begun = asyncio.Event()

    async def waits() -> None:
        async with database.write() as transaction:
            await transaction.run(put, "a")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await database.run(put, "a")
    assert await database.read(count) == 1


async def test_whoever_waits_for_the_writer_and_is_cancelled_blocks_nobody(database: Database) -> None:
    tasks = [asyncio.create_task(database.run(put, str(number))) for number in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.done() for task in tasks)
    await database.run(put, "last")
    kept = await database.read(count)
    assert 11 <= kept <= 21


async def test_many_transactions_at_once(database: Database) -> None:
    await asyncio.gather(*(database.run(put, str(number)) for number in range(50)))
    assert await database.read(count) == 50


async def test_a_time_without_a_zone_is_refused() -> None:
    from datetime import datetime

    from sqlalchemy.dialects import sqlite as dialect

    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), dialect.dialect())  # noqa: DTZ001


async def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.upgrade()
    await database.run(put, "a")
    modes = {stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in os.listdir(tmp_path)}
    await database.close()
    assert modes == {0o600}


async def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.upgrade()

    def settings(connection: Connection) -> list[object]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert await database.run(settings) == [2, "wal", 1]
    await database.close()


async def test_a_file_locked_by_another_process_is_away_and_comes_back(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", busy_timeout=0.01)
    await database.upgrade()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await database.run(put, "a")
    assert await database.read(count) == 0
    other.execute("ROLLBACK")
    other.close()
    await database.run(put, "a")
    assert await database.read(count) == 1
    await database.close()


async def test_a_folder_that_is_not_there_is_away(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none' / 'a.db'}")
    with pytest.raises(StoreUnavailable):
        await database.upgrade()
    await database.close()
    await database.close()


async def test_a_server_that_is_not_there_is_away() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable):
        await database.ping()
    await database.close()
