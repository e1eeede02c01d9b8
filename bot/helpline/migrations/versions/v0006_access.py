"""One-time codes, sessions that are not whole yet, access tokens of programs, exports by two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Sessions of before were whole."""
    op.add_column("staff", sa.Column("totp", sa.LargeBinary(), nullable=True))
    op.add_column("staff", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("staff", sa.Column("oidc_subject", sa.LargeBinary(length=16), nullable=True))
    op.create_index("uq_staff_oidc_subject", "staff", ["oidc_subject"], unique=True)
    op.add_column(
        "staff_sessions", sa.Column("stage", sa.String(length=8), nullable=False, server_default="full")
    )
    _recovery_codes()
    _api_tokens()
    _exports()


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("code", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name="fk_recovery_codes_staff_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_staff_id", "recovery_codes", ["staff_id"])


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name="fk_api_tokens_staff_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
    )
    op.create_index("ix_api_tokens_staff_id", "api_tokens", ["staff_id"])


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("helpline_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("since", TIME, nullable=True),
        sa.Column("until", TIME, nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_by", KEY, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_by", KEY, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("fetched_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["helpline_id"], ["helplines.id"], name="fk_exports_helpline_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_exports_case_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name="fk_exports_asked_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name="fk_exports_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        sa.CheckConstraint("kind IN ('cases', 'case')", name="ck_exports_kind"),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'fetched')", name="ck_exports_state"),
    )
    op.create_index("ix_exports_helpline_id_id", "exports", ["helpline_id", "id"])
