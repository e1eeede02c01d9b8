"""Figures a day, a language and a thing counted; nothing in them is about one person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.helpline.work_tables import tallies

_WHAT = re.compile(r"[a-z0-9_:]{1,64}")
_KEY = ("day", "what", "language")


def add_tallies(connection: Connection, names: Sequence[str], language: str, now: datetime) -> None:
    """Add one to each. A name that is not a short plain word is left out."""
    for name in names:
        if _WHAT.fullmatch(name):
            row = {"day": now.date().isoformat(), "what": name, "language": language[:8], "count": 1}
            connection.execute(_ADD[connection.dialect.name], row)


def sums(connection: Connection, since: date) -> Mapping[str, int]:
    """Each thing counted since a day, over all languages."""
    total = func.sum(tallies.c.count)
    rows = connection.execute(
        select(tallies.c.what, total).where(tallies.c.day >= since.isoformat()).group_by(tallies.c.what)
    )
    return {what: int(count) for what, count in rows}


_PLUS = {"count": tallies.c.count + 1}
_ADD: Mapping[str, Any] = {
    "sqlite": sqlite_insert(tallies).on_conflict_do_update(index_elements=_KEY, set_=_PLUS),
    "postgresql": postgresql_insert(tallies).on_conflict_do_update(index_elements=_KEY, set_=_PLUS),
}
