"""Handing over, second persons, follow-ups, what is recorded at the end, alerts and ready texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Cases of before: their given time is the one by priority, and no alarm is made of them anew."""
    _case_columns()
    _indexes()
    _records()
    _alerts()
    _canned()


def _case_columns() -> None:
    op.add_column("cases", sa.Column("given", sa.Integer(), nullable=False, server_default="86400"))
    op.execute("UPDATE cases SET given = CASE rank WHEN -3 THEN 300 WHEN -2 THEN 3600 ELSE 86400 END")
    op.add_column("cases", sa.Column("person_at", AT))
    op.add_column("cases", sa.Column("returned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("cases", sa.Column("alarm", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("help_at", AT))
    op.add_column("cases", sa.Column("waited", sa.Integer()))
    # Written out: SQLite takes a reference only as part of the column, which Alembic does not say.
    kind = "BIGINT" if op.get_context().dialect.name == "postgresql" else "INTEGER"
    for name, table in (("offered_id", "staff"), ("second_id", "staff"), ("main_id", "cases")):
        op.execute(
            f"ALTER TABLE cases ADD COLUMN {name} {kind} CONSTRAINT fk_cases_{name} REFERENCES {table} (id)"
        )


def _indexes() -> None:
    for name, columns, condition in (
        ("ix_cases_watch", ["alarm", "due_at"], "state IN ('new', 'claimed', 'waiting_us')"),
        ("ix_cases_main", ["main_id"], "main_id IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "cases", columns, postgresql_where=where, sqlite_where=where)
    op.create_index("ix_cases_opened", "cases", ["helpline_id", "opened_at", "id"])


def _records() -> None:
    op.create_table(
        "case_records",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("framework", sa.String(16), nullable=False),
        sa.Column("categories", sa.String(200), nullable=False),
        sa.Column("referral", sa.String(32), nullable=False),
        sa.Column("flags_right", sa.String(200), nullable=False),
        sa.Column("flags_wrong", sa.String(200), nullable=False),
        sa.Column("staff_id", KEY),
        sa.Column("follow_up_at", AT),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name="fk_case_records_case_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_case_records_staff_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_records"),
    )
    op.create_index("ix_case_records_at", "case_records", ["at"])
    where = sa.text("follow_up_at IS NOT NULL")
    op.create_index(
        "ix_case_records_follow_up",
        "case_records",
        ["follow_up_at"],
        postgresql_where=where,
        sqlite_where=where,
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("helpline_id", KEY, nullable=False),
        sa.Column("case_id", KEY),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("target", sa.String(400), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("finished_at", AT),
        sa.Column("error", sa.String(64)),
        sa.CheckConstraint("channel IN ('webhook', 'email', 'telegram')", name=op.f("ck_alerts_channel")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_alerts_state")),
        sa.ForeignKeyConstraint(["helpline_id"], ["helplines.id"], name="fk_alerts_helpline_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sqlite_autoincrement=True,
    )
    where = sa.text("state = 'queued'")
    op.create_index("ix_alerts_due", "alerts", ["due_at", "id"], postgresql_where=where, sqlite_where=where)
    op.create_index("ix_alerts_newest", "alerts", ["helpline_id", "id"])


def _canned() -> None:
    op.create_table(
        "canned_texts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("helpline_id", KEY, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("changed_by", KEY),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["helpline_id"], ["helplines.id"], name="fk_canned_texts_helpline_id"),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name="fk_canned_texts_changed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_canned_texts"),
        sa.UniqueConstraint(
            "helpline_id", "code", "language", name="uq_canned_texts_helpline_id_code_language"
        ),
    )
