"""Helplines, each with staff and cases of its own; what was there before belongs to the default one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table with the default helpline, and give everybody and every case to it."""
    table = op.create_table(
        "helplines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("countries", sa.String(length=200), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("due", sa.JSON(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_helplines"),
        sa.UniqueConstraint("code", name="uq_helplines_code"),
    )
    op.bulk_insert(table, [_default()])
    for name in ("staff", "cases"):
        _add_helpline(name)
    _indexes()


def _default() -> dict[str, Any]:
    return {
        "code": "default",
        "name": "Helpline",
        "countries": "",
        "languages": "",
        "hours": {},
        "zone": "UTC",
        "due": {},
        "retention_days": 365,
        "alerts": {},
        "active": True,
        "created_at": datetime.now(UTC),
    }


def _add_helpline(name: str) -> None:
    # Written out: SQLite takes a reference only as part of the column, which Alembic does not say.
    kind = "BIGINT" if op.get_context().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE {name} ADD COLUMN helpline_id {kind} "
        f"CONSTRAINT fk_{name}_helpline_id REFERENCES helplines (id)"
    )
    op.execute(f"UPDATE {name} SET helpline_id = (SELECT id FROM helplines)")  # noqa: S608 - our own names


def _indexes() -> None:
    """A member sees one helpline: every list begins with it."""
    for name, columns, state in (
        ("ix_cases_queue", ["rank", "due_at", "id"], "state <> 'closed'"),
        ("ix_cases_unheld", ["rank", "due_at", "id"], "state = 'new'"),
        ("ix_cases_closed", ["closed_at", "id"], "state = 'closed'"),
    ):
        op.drop_index(name, "cases")
        where = sa.text(state)
        op.create_index(name, "cases", ["helpline_id", *columns], postgresql_where=where, sqlite_where=where)
