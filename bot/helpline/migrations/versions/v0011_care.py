"""Those who answer look after themselves: breaks, talks, what was hard, topics they keep away from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """A table of acts, and an encrypted column beside the account."""
    op.create_table(
        "care_acts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("case_id", sa.BigInteger()),
        sa.Column("to_id", KEY),
        sa.Column("answer", sa.String(4), nullable=False, server_default=""),
        sa.Column("at", AT, nullable=False),
        sa.Column("until", AT),
        sa.CheckConstraint("kind IN ('hard', 'break', 'talk')", name=op.f("ck_care_acts_kind")),
        sa.CheckConstraint("answer IN ('', 'yes', 'no')", name=op.f("ck_care_acts_answer")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_care_acts_staff_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], ["staff.id"], name="fk_care_acts_to_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_care_acts"),
        sqlite_autoincrement=True,
    )
    _index("ix_care_acts_staff", "staff_id", "kind", "at")
    _index("uq_care_acts_hard", "staff_id", "case_id", only="kind = 'hard'", unique=True)
    _index("ix_care_acts_asked", "to_id", "at", only="kind = 'talk'")
    _index("ix_care_acts_break", "until", only="kind = 'break'")
    op.add_column("staff", sa.Column("avoids", sa.LargeBinary()))


def _index(name: str, *columns: str, only: str = "", unique: bool = False) -> None:
    where = sa.text(only) if only else None
    op.create_index(
        name, "care_acts", list(columns), unique=unique, postgresql_where=where, sqlite_where=where
    )
