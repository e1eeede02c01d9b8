"""A copy of the whole database as one file: by SQLite's own online backup, or by pg_dump and pg_restore."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sqlalchemy import URL, Connection, func, inspect, select, text

from bot.errors import BackupError
from bot.helpline.database import Database, address_of
from bot.helpline.tables import metadata

Counts = Mapping[str, int]
"""Rows by table."""

_COPY = re.compile(rb'COPY (?:public\.)?"?(\w+)"? ')
_ASIDE = "amparo_replaced"


def sqlite_path(url: str) -> Path:
    """The file of a SQLite address."""
    return Path(str(address_of(url).database))


def copy_sqlite(source: Path, target: Path) -> Counts:
    """Copy a file that others may be writing to, as it is at one moment; rows by table."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as mine,
            closing(sqlite3.connect(target)) as copy,
        ):
            mine.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError("SQLite could not copy the database") from error
    return count_sqlite(target)


def count_sqlite(path: Path) -> Counts:
    """Rows by table of a whole and sound file. Raises `BackupError` where it is not."""
    try:
        with closing(sqlite3.connect(path)) as file:
            (verdict,) = file.execute("PRAGMA integrity_check(1)").fetchone()
            there = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            counts = {
                name: int(file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608
                for name in metadata.tables
                if name in there
            }
    except sqlite3.Error as error:
        raise BackupError("the copy of the database cannot be read") from error
    if verdict != "ok":
        raise BackupError("the copy of the database is damaged")
    return counts


def settle_sqlite(path: Path) -> None:
    """One file without a journal and without the pages of what was erased.

    Raises `BackupError` where another process has it open.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as file:
            (mode,) = file.execute("PRAGMA journal_mode=DELETE").fetchone()
            if mode != "delete":
                raise BackupError("the database is in use; stop Amparo first")
            file.execute("VACUUM")
    except sqlite3.Error as error:
        raise BackupError("the database is in use; stop Amparo first") from error


async def copy_postgres(database: Database, url: str, target: Path) -> Counts:
    """Rows by table, and the dump, both as of one moment."""
    async with database.write() as transaction:
        snapshot = await transaction.run(_snapshot)
        counts = await transaction.run(_counts)
        await _pg(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", *_PLAIN)
    return counts


async def count_postgres(path: Path) -> Counts:
    """Rows by table of a dump, which is read to its end. Raises `BackupError` where it cannot be."""
    program = _program("pg_restore")
    process = await asyncio.create_subprocess_exec(
        program,
        "--data-only",
        "--file=-",
        str(path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 26,
    )
    assert process.stdout is not None
    counts: dict[str, int] = {}
    table = ""
    async for line in process.stdout:
        if not table:
            start = _COPY.match(line)
            table = start[1].decode() if start else ""
            if table in metadata.tables:
                counts[table] = 0
        elif line == b"\\.\n":
            table = ""
        elif table in counts:
            counts[table] += 1
    if await process.wait():
        raise BackupError("the dump cannot be read by pg_restore")
    return counts


async def is_empty(database: Database) -> bool:
    """Whether there is no table at all."""
    return await database.read(lambda c: not inspect(c).get_table_names())


async def must_be_unused(database: Database) -> None:
    """Raises `BackupError` while another process of Amparo is connected."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'amparo' AND pid <> pg_backend_pid()"
    )
    if await database.read(lambda c: c.execute(query).scalar_one()):
        raise BackupError("the database is in use; stop Amparo first")


@asynccontextmanager
async def exchanged(url: str, dump: Path) -> AsyncIterator[None]:
    """The dump in place of what was there, which comes back if anything inside fails."""
    database = Database(url)
    try:
        await must_be_unused(database)
        await database.run(_aside)
        try:
            await _pg(url, "pg_restore", "--single-transaction", "--exit-on-error", *_PLAIN, str(dump))
            yield
        except BaseException:
            await database.run(_back)
            raise
        await database.run(_drop_aside)
    finally:
        await database.close()


_PLAIN = ("--no-owner", "--no-privileges", "--no-comments")


def _snapshot(connection: Connection) -> str:
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    # A dump may take long, and this transaction only waits for it.
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    name: str = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    return name


def _counts(connection: Connection) -> Counts:
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in metadata.tables.items()
    }


def _aside(connection: Connection) -> None:
    connection.execute(text(f"ALTER SCHEMA public RENAME TO {_ASIDE}"))
    connection.execute(text("CREATE SCHEMA public"))


def _back(connection: Connection) -> None:
    connection.execute(text("DROP SCHEMA public CASCADE"))
    connection.execute(text(f"ALTER SCHEMA {_ASIDE} RENAME TO public"))


def _drop_aside(connection: Connection) -> None:
    connection.execute(text(f"DROP SCHEMA {_ASIDE} CASCADE"))


async def _pg(url: str, name: str, *arguments: str) -> None:
    """Run a program of PostgreSQL against the database; its password goes by the environment, not by the list."""
    address = address_of(url)
    query = dict(address.query)
    if "ssl" in query:  # asyncpg's word; libpq's is sslmode
        query["sslmode"] = query.pop("ssl")
    plain = URL.create(
        "postgresql", address.username, None, address.host, address.port, address.database, query
    )
    environment = dict(os.environ)
    if address.password is not None:
        environment["PGPASSWORD"] = str(address.password)
    process = await asyncio.create_subprocess_exec(
        _program(name),
        f"--dbname={plain.render_as_string()}",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise BackupError(_why(name, said))


def _why(name: str, said: bytes) -> str:
    if b"version mismatch" in said or b"unsupported version" in said:
        return f"{name} is older than the server; install the PostgreSQL client of the server's version"
    return f"{name} failed (PostgreSQL's log says why)"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is not on this machine; install the PostgreSQL client (Debian: postgresql-client)"
        )
    return found


def differing(first: Counts, second: Counts) -> Sequence[str]:
    """Tables whose rows are not as many."""
    return sorted(name for name in {*first, *second} if first.get(name, 0) != second.get(name, 0))
