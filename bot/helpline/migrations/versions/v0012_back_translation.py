"""What a ready text says, written back into another language by somebody who knows both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns beside the text; ``back_of`` is the version of the text that was read, 0 where nobody did."""
    table = "canned_texts"
    op.add_column(table, sa.Column("back", sa.Text(), nullable=False, server_default=""))
    op.add_column(table, sa.Column("back_language", sa.String(8), nullable=False, server_default=""))
    op.add_column(table, sa.Column("back_of", sa.Integer(), nullable=False, server_default="0"))
    # Written out: SQLite takes a reference only as part of the column, which Alembic does not say.
    kind = "BIGINT" if op.get_context().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN back_by {kind} CONSTRAINT fk_{table}_back_by REFERENCES staff (id)"
    )
