"""What somebody took lately is found quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index over the few lines by which a case came to somebody."""
    where = sa.text("key IN ('claimed', 'accepted', 'taken_over')")
    op.create_index(
        "ix_case_lines_taken", "case_lines", ["staff_id", "at"], postgresql_where=where, sqlite_where=where
    )
