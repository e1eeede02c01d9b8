"""Tables of the work with cases: what was recorded at the end, alerts on their way, texts ready for use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    SmallInteger,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    text,
)

from bot.helpline.columns import BigKey, Names, UtcDateTime
from bot.helpline.tables import metadata


class _RecordColumns(TypedColumns):
    case_id: Named[int] = Column(BigKey, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    framework: Named[str] = Column(String(16))
    categories: Named[tuple[str, ...]] = Column(Names, nullable=False)
    referral: Named[str] = Column(String(32))
    right: Named[tuple[str, ...]] = Column("flags_right", Names, nullable=False)
    wrong: Named[tuple[str, ...]] = Column("flags_wrong", Names, nullable=False)
    staff_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    follow_up_at: Named[datetime | None] = Column(UtcDateTime)
    at: Named[datetime] = Column(UtcDateTime, nullable=False, index=True)


case_records = Table(
    "case_records",
    metadata,
    _RecordColumns,
    Index(
        "ix_case_records_follow_up",
        "follow_up_at",
        postgresql_where=text("follow_up_at IS NOT NULL"),
        sqlite_where=text("follow_up_at IS NOT NULL"),
    ),
)


class _ReceiverColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    helpline_id: Named[int] = Column(BigKey, ForeignKey("helplines.id"), index=True)
    channel: Named[str] = Column(String(8))
    token: Named[str] = Column(String(32), unique=True)
    sealed: Named[bytes] = Column(LargeBinary)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)


alert_receivers = Table(
    "alert_receivers",
    metadata,
    _ReceiverColumns,
    CheckConstraint("channel IN ('webhook', 'email', 'telegram')", name="channel"),
    sqlite_autoincrement=True,
)


class _AlertColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    helpline_id: Named[int] = Column(BigKey, ForeignKey("helplines.id"))
    case_id: Named[int | None] = Column(BigKey)  # no foreign key, as in changes: nothing waits for a lock
    receiver_id: Named[int] = Column(BigKey)  # no foreign key: receivers go, what was sent to them stays
    event: Named[str] = Column(String(32))
    channel: Named[str] = Column(String(8))
    content: Named[dict[str, Any]] = Column(JSON, nullable=False)
    state: Named[str] = Column(String(8))
    attempts: Named[int] = Column(SmallInteger)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    due_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    finished_at: Named[datetime | None] = Column(UtcDateTime, index=True)
    error: Named[str | None] = Column(String(64))


alerts = Table(
    "alerts",
    metadata,
    _AlertColumns,
    CheckConstraint("channel IN ('webhook', 'email', 'telegram')", name="channel"),
    CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state"),
    Index(
        "ix_alerts_due",
        "due_at",
        "id",
        postgresql_where=text("state = 'queued'"),
        sqlite_where=text("state = 'queued'"),
    ),
    Index("ix_alerts_newest", "helpline_id", "id"),
    sqlite_autoincrement=True,
)


class _CannedColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    helpline_id: Named[int] = Column(BigKey, ForeignKey("helplines.id"))
    code: Named[str] = Column(String(40))
    language: Named[str] = Column(String(8))
    topic: Named[str] = Column(String(64))
    text: Named[str] = Column(Text)
    active: Named[bool] = Column(Boolean)
    changed_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    changed_by: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    version: Named[int] = Column(Integer)
    back: Named[str] = Column(Text, server_default="")
    back_language: Named[str] = Column(String(8), server_default="")
    back_of: Named[int] = Column(Integer, server_default="0")
    back_by: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))


canned_texts = Table(
    "canned_texts", metadata, _CannedColumns, UniqueConstraint("helpline_id", "code", "language")
)


class _TallyColumns(TypedColumns):
    day: Named[str] = Column(String(10), primary_key=True)
    what: Named[str] = Column(String(64), primary_key=True)
    language: Named[str] = Column(String(8), primary_key=True)
    count: Named[int] = Column(Integer)


tallies = Table("tallies", metadata, _TallyColumns)
