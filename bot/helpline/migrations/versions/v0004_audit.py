"""The audit trail, chained by hashes and closed to changes, in place of the loose events of cases."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 1000


def upgrade() -> None:
    """Make the tables, move the events into the chain, and lock it."""
    table = op.create_table(
        "audit",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_audit_case_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_audit_staff_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    seq, link = _move(table)
    op.bulk_insert(head, [{"id": 1, "seq": seq, "hash": link, "mac": b""}])
    op.create_index("ix_audit_case", "audit", ["case_id", "staff_id", "what", "at"])
    op.create_index("ix_audit_staff", "audit", ["staff_id", "seq"])
    op.drop_table("case_events")
    _close()


def _move(table: Any) -> tuple[int, bytes]:
    """Number and chain the events; the last number and hash."""
    events = sa.table(
        "case_events",
        *(sa.column(name) for name in ("id", "case_id", "staff_id", "what", "detail")),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    seq, link, after = 0, bytes(32), 0
    while True:
        query = sa.select(events).where(events.c.id > after).order_by(events.c.id).limit(BATCH)
        found = op.get_bind().execute(query).all()
        rows = []
        for row in found:
            seq, after = seq + 1, row.id
            link = _linked(link, seq, row)
            rows.append({**row._asdict(), "seq": seq, "hash": link})
        if not rows:
            return seq, link
        for values in rows:
            values.pop("id")
        op.bulk_insert(table, rows)


def _linked(before: bytes, seq: int, row: Any) -> bytes:
    at: datetime = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
    moment = at.strftime("%Y-%m-%dT%H:%M:%S.%f")
    content = [seq, moment, row.staff_id, row.case_id, row.what, row.detail]
    return hashlib.sha256(before + json.dumps(content, ensure_ascii=True).encode()).digest()


def _close() -> None:
    """Entries can be neither changed nor removed, whoever asks through this table."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION amparo_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit trail is only added to'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION amparo_append_only()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END"
        )
