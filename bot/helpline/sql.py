"""Small things that several statements share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Insert, Table, bindparam, literal_column
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.helpline.tables import UtcDateTime

ONE: Any = literal_column("1")


def word(value: str) -> Any:
    """A fixed word written into the statement: partial indexes do not serve bound values."""
    return literal_column(f"'{value}'")


def moment(name: str) -> BindParameter[datetime]:
    """A bound time."""
    return bindparam(name, type_=UtcDateTime)


def insert_new(table: Table[Any], *unique: str) -> dict[str, Insert]:
    """``INSERT … ON CONFLICT (unique) DO NOTHING`` for each dialect."""
    return {
        "sqlite": sqlite_insert(table).on_conflict_do_nothing(index_elements=unique),
        "postgresql": postgresql_insert(table).on_conflict_do_nothing(index_elements=unique),
    }
