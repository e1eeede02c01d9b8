"""Alembic's entry: works on the connection that it is handed, inside its transaction."""

from __future__ import annotations

from alembic import context

from bot.helpline.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
