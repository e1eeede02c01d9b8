"""Which neutral words come first, and how long people lately waited for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who had wished for the one neutral question keeps it."""
    op.add_column(
        "conversations", sa.Column("contact_opening", sa.String(12), nullable=False, server_default="")
    )
    op.execute("UPDATE conversations SET contact_opening = 'moment' WHERE contact_neutral")
    op.drop_column("conversations", "contact_neutral")
    op.add_column("helplines", sa.Column("waits", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("helplines", sa.Column("waits_at", sa.DateTime(timezone=True)))
