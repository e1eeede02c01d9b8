"""Whom alerts go to, encrypted. Alerts of before were never sent, and had no page to set receivers on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
CHANNELS = "channel IN ('webhook', 'email', 'telegram')"


def upgrade() -> None:
    """Addresses go from the helplines and the alerts into a table of their own."""
    op.drop_table("alerts")
    op.execute("UPDATE helplines SET alerts = '{}'")
    op.create_table(
        "alert_receivers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("helpline_id", KEY, nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_alert_receivers_channel")),
        sa.ForeignKeyConstraint(["helpline_id"], ["helplines.id"], name="fk_alert_receivers_helpline_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_receivers"),
        sa.UniqueConstraint("token", name="uq_alert_receivers_token"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_receivers_helpline_id", "alert_receivers", ["helpline_id"])
    _alerts()


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("helpline_id", KEY, nullable=False),
        sa.Column("case_id", KEY),
        sa.Column("receiver_id", KEY, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("finished_at", AT),
        sa.Column("error", sa.String(64)),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_alerts_channel")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_alerts_state")),
        sa.ForeignKeyConstraint(["helpline_id"], ["helplines.id"], name="fk_alerts_helpline_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sqlite_autoincrement=True,
    )
    where = sa.text("state = 'queued'")
    op.create_index("ix_alerts_due", "alerts", ["due_at", "id"], postgresql_where=where, sqlite_where=where)
    op.create_index("ix_alerts_newest", "alerts", ["helpline_id", "id"])
    op.create_index("ix_alerts_finished_at", "alerts", ["finished_at"])
