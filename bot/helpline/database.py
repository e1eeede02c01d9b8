"""Transactions on SQLite and PostgreSQL behind one small face.

All SQL of the helpline is in plain functions that take a SQLAlchemy connection. `Database` carries
them to where they may block: on PostgreSQL onto an asyncpg connection, on SQLite into a thread.
One hop a function, not one a statement: with aiosqlite each statement costs three or four hops
between threads, and a turn has about eight.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError
from bot.helpline.migrate import upgrade
from bot.helpline.postgres import PostgresBackend
from bot.helpline.sqlite import SqliteBackend

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[Concatenate[Connection, P], T]


class Transaction(Protocol):
    """An open transaction; leaving its block commits."""

    async def run(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(connection, ...)`` inside the transaction."""
        ...


class Backend(Protocol):
    """What a database must be able to do for `Database`."""

    name: str

    def write(self, *, durable: bool = True) -> AbstractAsyncContextManager[Transaction]: ...

    async def run(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def run_lax(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def prepare(self) -> None: ...

    async def hold(self, owner: int) -> None: ...

    async def close(self) -> None: ...


def _nothing(connection: Connection) -> None:
    """Nothing more to do before a commit."""


class Database:
    """A SQLite file or a PostgreSQL database.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user@host/name``.
        pool_size: connections kept on PostgreSQL; as many again may be opened for a moment.
        busy_timeout: seconds to wait for another process's lock before `StoreUnavailable`.
        before_commit: called inside each writing transaction as the last thing it does.

    Raises:
        SettingsError: for any other kind of address; never with its value.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        busy_timeout: float = 5.0,
        before_commit: Callable[[Connection], None] = _nothing,
    ) -> None:
        address = address_of(url)
        if address.drivername == "sqlite":
            self._backend: Backend = SqliteBackend(address, busy_timeout, before_commit)
        else:
            self._backend = PostgresBackend(address, pool_size, busy_timeout, before_commit)

    @property
    def name(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._backend.name

    @asynccontextmanager
    async def write(self, *, durable: bool = True) -> AsyncIterator[Transaction]:
        """A transaction of several steps. An exception rolls back; errors of the driver become ours.

        Without ``durable`` SQLite does not wait for the disk. The commit outlives the process; a power
        cut may undo it, but never without all that was committed after it. Right where nothing
        leaves the machine before a durable commit follows.

        Raises:
            StoreUnavailable: the database is away or locked; nothing was changed.
            Conflict: a unique row exists already.
        """
        async with self._backend.write(durable=durable) as transaction:
            yield transaction

    async def run(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one function as a whole writing transaction. Raises like `write`."""
        return await self._backend.run(work, *args, **kwargs)

    async def run_lax(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, as lax as ``write(durable=False)``."""
        return await self._backend.run_lax(work, *args, **kwargs)

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one function that only reads; on SQLite it does not wait for writers."""
        return await self._backend.read(work, *args, **kwargs)

    async def upgrade(self) -> None:
        """Bring the tables up to date; safe when several processes start at once."""
        await self._backend.prepare()
        await self._backend.run(upgrade)

    async def hold(self, owner: int) -> None:
        """Show other processes that ``owner`` (1 to 2^31) lives, until this object is closed."""
        await self._backend.hold(owner)

    async def ping(self) -> None:
        """Raises `StoreUnavailable` where the database does not answer."""
        await self._backend.read(_ping)

    async def close(self) -> None:
        """Give back connections and threads."""
        await self._backend.close()


def _ping(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def address_of(url: str) -> URL:
    """The parts of an address. Raises `SettingsError`."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    kind = "" if address is None else address.get_backend_name()
    if address is not None and kind == "sqlite" and address.database not in (None, "", ":memory:"):
        return address.set(drivername="sqlite")
    if address is not None and kind in ("postgresql", "postgres"):
        return _for_asyncpg(address)
    # The value may hold a password; it stays out of the message and, with `from None`, of the trace.
    raise SettingsError("DATABASE_URL must be sqlite:///path/to/file or postgresql://…") from None


def _for_asyncpg(address: URL) -> URL:
    query = dict(address.query)
    if "sslmode" in query:  # libpq's word; asyncpg's is ssl
        query["ssl"] = query.pop("sslmode")
    return address.set(drivername="postgresql+asyncpg", query=query)
