"""Runs the migrations that are shipped inside the package."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_LOCK = 0x616D7061  # any constant: the name of our advisory lock


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest version inside the connection's transaction.

    Two processes that start at once wait for each other: on PostgreSQL by an advisory lock until
    the commit, on SQLite by the write lock that the transaction already holds.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '120s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", "bot.helpline:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
