"""SQLite: one writing connection in a thread of its own, a few reading ones beside it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.helpline import erasures, trail
from bot.helpline.driver_errors import translated

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 3
_WAL_TRIES = 50


class SqliteBackend:
    """A SQLite file in WAL mode.

    A durable commit waits until it is on the disk (synchronous=FULL), and with it all before it; a
    lax one (NORMAL) is only in order: after a power cut it may be undone with all that came later.
    """

    name = "sqlite"

    def __init__(self, url: URL, busy_timeout: float, before_commit: Callable[[Connection], None]) -> None:
        self._path = url.database or ""
        # isolation_level None: sqlite3 must not begin transactions by itself, we say BEGIN IMMEDIATE.
        arguments = {"check_same_thread": False, "isolation_level": None, "timeout": busy_timeout}
        self._engine = create_engine(
            url, connect_args=arguments, hide_parameters=True, pool_size=_READERS, max_overflow=1
        )
        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", _begin)
        self._writer = _Writer(self._engine.connect, before_commit)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="amparo-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="amparo-read")
        self._lock = asyncio.Lock()
        self._closed = False

    async def prepare(self) -> None:
        """Make the file, readable by its owner alone, and set its journal mode."""
        await self._in_thread(self._prepare)

    @asynccontextmanager
    async def write(self, *, durable: bool = True) -> AsyncIterator[_SqliteTransaction]:
        async with self._lock:
            self._writer.durable = durable
            try:
                yield _SqliteTransaction(self._in_thread, self._writer)
            except BaseException:
                # Submitted, not awaited first: a second cancellation must not leave it out.
                undone = self._thread.submit(self._writer.rollback)
                await asyncio.shield(asyncio.wrap_future(undone))
                raise
            # In the thread whatever happens here: a cancelled commit must not stay half open.
            done = self._thread.submit(self._writer.commit)
            with translated():
                await asyncio.shield(asyncio.wrap_future(done))

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._lock:
            self._writer.durable = True
            return await self._in_thread(self._writer.whole, lambda c: work(c, *args, **kwargs))

    async def run_lax(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._lock:
            self._writer.durable = False
            return await self._in_thread(self._writer.whole, lambda c: work(c, *args, **kwargs))

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        loop = asyncio.get_running_loop()
        with translated():
            return await loop.run_in_executor(self._readers, self._read, lambda c: work(c, *args, **kwargs))

    async def hold(self, owner: int) -> None:
        """Nothing to hold: one process delivers from a SQLite file."""

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        async with self._lock:
            await self._in_thread(self._writer.close)
        self._thread.shutdown()
        self._readers.shutdown()
        self._engine.dispose()

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        with translated():
            return await loop.run_in_executor(self._thread, work, *args)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return work(connection)

    def _prepare(self) -> None:
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            for attempt in range(_WAL_TRIES):
                try:
                    cursor.execute("PRAGMA journal_mode=WAL")
                    break
                except sqlite3.OperationalError:  # no waiting for locks here, and another process sets it too
                    if attempt == _WAL_TRIES - 1:
                        raise
                    time.sleep(0.1)
            cursor.close()


class _Writer:
    """The one writing connection; used in its thread only."""

    def __init__(
        self, connect: Callable[[], Connection], before_commit: Callable[[Connection], None]
    ) -> None:
        self.durable = True
        self._before_commit = before_commit
        self._connect = connect
        self._connection: Connection | None = None
        self._synchronous = ""

    def step(self, work: Callable[[Connection], T]) -> T:
        """Run a part of a transaction, which begins with its first part."""
        return work(self._begun())

    def whole(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction from begin to commit."""
        try:
            result = work(self._begun())
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return result

    def commit(self) -> None:
        if self._connection is None or not self._connection.in_transaction():
            return
        try:
            self._before_commit(self._connection)
            self._connection.commit()
        except BaseException:
            self.rollback()
            raise

    def rollback(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.rollback()
        except SQLAlchemyError:
            self.close()

    def close(self) -> None:
        connection, self._connection, self._synchronous = self._connection, None, ""
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _begun(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect().execution_options(amparo_writer=True)
        if not self._connection.in_transaction():
            self._set_synchronous(self._connection)
            try:
                self._connection.begin()
            except OperationalError:  # locked by another process: begin again on a fresh connection
                self.close()
                raise
        return self._connection

    def _set_synchronous(self, connection: Connection) -> None:
        wanted = "FULL" if self.durable else "NORMAL"
        if wanted != self._synchronous:
            cursor = connection.connection.cursor()
            cursor.execute(f"PRAGMA synchronous={wanted}")
            cursor.close()
            self._synchronous = wanted


class _SqliteTransaction:
    def __init__(self, in_thread: Callable[..., Any], writer: _Writer) -> None:
        self._in_thread = in_thread
        self._writer = writer

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result: T = await self._in_thread(self._writer.step, lambda c: work(c, *args, **kwargs))
        return result


def _set_up(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    trail.forget(connection)
    erasures.clear(connection)
    writer = connection.get_execution_options().get("amparo_writer")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
