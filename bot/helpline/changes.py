"""The numbered stream of what changed, from which the console's pages stay live.

Numbers are given in the order of commits, so that a reader who asks for all after N misses none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from bot.core.taxonomy import Priority
from bot.helpline.bell import Bell
from bot.helpline.database import Database
from bot.helpline.tables import cases, changes

_LOCK = 0x616D7062
_BATCH = 500
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened: ``what`` names it; ``reference`` is empty where it was to no case.

    ``what``: opened, raised, line, confirmed, claimed, released, lapsed, closed, draft, delivery,
    unreachable, erased or dead_letter; `ELSEWHERE` where the reader may not know.
    """

    seq: int
    what: str
    reference: str
    priority: Priority | None
    at: datetime


def note(connection: Connection, entries: Iterable[tuple[int | None, str]], now: datetime) -> None:
    """Number and keep changes: pairs of case id and what happened.

    The last statement of a transaction: the lock that keeps numbers in the order of commits is held
    until the commit, and nothing may be waited for behind it.
    """
    rows = [{"case_id": case_id, "what": what, "at": now} for case_id, what in entries]
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCKED)
    connection.execute(insert(changes), rows)


_LOCKED = text(f"SELECT pg_advisory_xact_lock({_LOCK})")


class Changes:
    """Reads the stream."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def since(self, seq: int, helpline_id: int | None) -> Sequence[Change]:
        """At most 500 changes after number ``seq``, in order; of other helplines' cases only the number."""
        self._bell.heed()
        return await self._database.read(_since, seq, helpline_id)

    async def latest(self) -> int:
        """The newest number, 0 before the first."""
        return await self._database.read(_latest)

    async def wait(self, seconds: float) -> None:
        """Until this process noted a change that the calling task has not read, or ``seconds``."""
        await self._bell.wait(seconds)


def _since(connection: Connection, seq: int, helpline_id: int | None) -> Sequence[Change]:
    query = (
        select(*changes.c, cases.c.reference, cases.c.rank, cases.c.helpline_id)
        .select_from(changes.outerjoin(cases, cases.c.id == changes.c.case_id))
        .where(changes.c.seq > seq)
        .order_by(changes.c.seq)
        .limit(_BATCH)
    )
    return [_change(row, helpline_id) for row in connection.execute(query)]


def _change(row: Any, helpline_id: int | None) -> Change:
    if row.case_id is not None and (helpline_id is None or row.helpline_id != helpline_id):
        return Change(row.seq, ELSEWHERE, "", None, row.at)
    priority = None if row.rank is None else Priority(-row.rank)
    return Change(row.seq, row.what, row.reference or "", priority, row.at)


def _latest(connection: Connection) -> int:
    return connection.execute(select(func.max(changes.c.seq))).scalar() or 0
