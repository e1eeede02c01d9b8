"""Kinds of columns that the tables share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    literal,
    text,
    type_coerce,
)

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only for a column of type INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, in UTC on the way out. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Names(TypeDecorator[tuple[str, ...]]):
    """A few names of the taxonomy, joined by commas."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(name for name in value.split(",") if name)


def names_hold(column: ColumnElement[tuple[str, ...]], name: str) -> ColumnElement[bool]:
    """Whether a column of `Names` has this whole name."""
    stored = literal(",", String).concat(type_coerce(column, String)).concat(",")
    return stored.contains(f",{name},", autoescape=True)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that a column holds one of these words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for both databases."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}
