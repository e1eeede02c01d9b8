"""Safe contact, messages that wait for their time, texts read together, and figures without people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NO = sa.false()


def upgrade() -> None:
    """New columns have a default, so that rows of before keep their meaning."""
    op.add_column("inbox", sa.Column("plain", sa.Boolean(), nullable=False, server_default=NO))
    op.add_column(
        "conversations", sa.Column("contact_when", sa.String(12), nullable=False, server_default="")
    )
    op.add_column(
        "conversations", sa.Column("contact_neutral", sa.Boolean(), nullable=False, server_default=NO)
    )
    op.add_column("outbox", sa.Column("not_before", sa.DateTime(timezone=True)))
    op.add_column("outbox", sa.Column("waits", sa.Boolean(), nullable=False, server_default=NO))
    op.add_column("cases", sa.Column("promised", sa.Boolean(), nullable=False, server_default=NO))
    op.create_table(
        "tallies",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "what", "language", name=op.f("pk_tallies")),
    )
