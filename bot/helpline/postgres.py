"""PostgreSQL through asyncpg: a pool, and transactions in parallel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.errors import StoreUnavailable
from bot.helpline import erasures, trail
from bot.helpline.driver_errors import translated

P = ParamSpec("P")
T = TypeVar("T")

_OWNER_CLASS = 1634562147
LIVING_OWNERS = text(
    "(SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND objsubid = 2 AND classid = 1634562147"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
"""Ids that living processes hold by `PostgresBackend.hold`."""

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 60
_IDLE_SECONDS = 120
"""A process that froze in the middle of a turn gives its chat back after this time."""


class PostgresBackend:
    """A PostgreSQL database; several processes may work on it at once."""

    name = "postgresql"

    def __init__(
        self,
        url: URL,
        pool_size: int,
        busy_timeout: float,
        before_commit: Callable[[Connection], None],
    ) -> None:
        self._before_commit = before_commit
        self._held: dict[int, AsyncConnection] = {}
        settings = {
            "application_name": "amparo",
            "lock_timeout": str(int(busy_timeout * 1000)),
            "idle_in_transaction_session_timeout": str(_IDLE_SECONDS * 1000),
        }
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=_CONNECT_SECONDS,
            hide_parameters=True,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _STATEMENT_SECONDS,
                "server_settings": settings,
            },
        )

    async def prepare(self) -> None:
        """Nothing to do before the tables are made."""

    @asynccontextmanager
    async def write(self, *, durable: bool = True) -> AsyncIterator[_PostgresTransaction]:
        """Every commit is durable here: PostgreSQL brings those of all connections to the disk together."""
        async with AsyncExitStack() as stack:
            connection = await self._connect(stack)
            # not when the transaction begins: the first statement begins it, and a note may come before
            await connection.run_sync(trail.forget)
            await connection.run_sync(erasures.clear)
            yield _PostgresTransaction(connection)
            with translated():
                await connection.run_sync(self._before_commit)
                await connection.commit()

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self.write() as transaction:
            return await transaction.run(work, *args, **kwargs)

    async def run_lax(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.run(work, *args, **kwargs)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.run(work, *args, **kwargs)

    async def _connect(self, stack: AsyncExitStack) -> AsyncConnection:
        try:
            with translated():
                return await stack.enter_async_context(self._engine.connect())
        except asyncpg.PostgresError as error:  # refused at the door: starting up, full, wrong password
            raise StoreUnavailable from error

    async def hold(self, owner: int) -> None:
        """Hold an advisory lock named ``owner`` on a connection of its own, again if that was lost."""
        held = self._held.get(owner)
        with translated():
            if held is not None:
                try:
                    await held.execute(text("SELECT 1"))
                    return
                except SQLAlchemyError:
                    await held.invalidate()
                    await held.close()
            connection = await self._engine.connect()
            self._held[owner] = await connection.execution_options(isolation_level="AUTOCOMMIT")
            key = {"class": _OWNER_CLASS, "owner": owner}
            await connection.execute(text("SELECT pg_advisory_lock(:class, :owner)"), key)

    async def close(self) -> None:
        held, self._held = self._held, {}
        for connection in held.values():  # given back to the pool it would keep its lock
            await connection.invalidate()
            await connection.close()
        await self._engine.dispose()


class _PostgresTransaction:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with translated():
            return await self._connection.run_sync(work, *args, **kwargs)
