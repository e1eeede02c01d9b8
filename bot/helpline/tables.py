"""The tables, the same on SQLite and PostgreSQL. Migrations make them; a test holds both equal.

What ends in ``raw``, ``payload``, ``body``, ``draft``, ``chat_id`` or ``state`` (of a conversation) is
encrypted; columns named ``flags``, ``danger`` hold names of the taxonomy only. Times are aware, UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    SmallInteger,
    String,
    Table,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only for a column of type INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, in UTC on the way out. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Names(TypeDecorator[tuple[str, ...]]):
    """A few names of the taxonomy, joined by commas."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(name for name in value.split(",") if name)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


class _InboxColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    bot_id: Named[int] = Column(BigInteger)
    update_id: Named[int] = Column(BigInteger)
    chat_key: Named[bytes] = Column(LargeBinary(16))
    chat_id: Named[bytes | None] = Column(LargeBinary)
    raw: Named[bytes | None] = Column(LargeBinary)
    danger: Named[tuple[str, ...]] = Column(Names, nullable=False)
    urgent: Named[bool] = Column(Boolean)
    plain: Named[bool] = Column(Boolean, server_default=false())
    state: Named[str] = Column(String(8))
    attempts: Named[int] = Column(SmallInteger)
    received_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    due_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    finished_at: Named[datetime | None] = Column(UtcDateTime)
    error: Named[str | None] = Column(String(64))


inbox = Table(
    "inbox",
    metadata,
    _InboxColumns,
    UniqueConstraint("bot_id", "update_id"),
    _one_of("state", "ready", "done", "dead"),
    Index("ix_inbox_ready", "bot_id", "id", **_where("state = 'ready'")),
    Index("ix_inbox_lane", "chat_key", "id", **_where("state = 'ready'")),
    Index("ix_inbox_urgent", "bot_id", "urgent", "state", "chat_key", **_where("state = 'ready' AND urgent")),
    Index("ix_inbox_dead", "id", **_where("state = 'dead'")),
    sqlite_autoincrement=True,
)


class _ConversationColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    bot_id: Named[int] = Column(BigInteger)
    chat_key: Named[bytes] = Column(LargeBinary(16), unique=True)
    chat_id: Named[bytes] = Column(LargeBinary)
    state: Named[bytes | None] = Column(LargeBinary)
    version: Named[int] = Column(Integer)
    unreachable: Named[bool] = Column(Boolean)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    seen_at: Named[datetime] = Column(UtcDateTime, nullable=False, index=True)
    forgotten_at: Named[datetime | None] = Column(UtcDateTime)
    contact_when: Named[str] = Column(String(12), server_default="")
    contact_neutral: Named[bool] = Column(Boolean, server_default=false())


conversations = Table("conversations", metadata, _ConversationColumns)


class _TranscriptColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    conversation_id: Named[int] = Column(BigKey, ForeignKey("conversations.id", ondelete="CASCADE"))
    token: Named[str] = Column(String(80))
    author: Named[str] = Column(String(8))
    body: Named[bytes] = Column(LargeBinary)
    flags: Named[tuple[str, ...]] = Column(Names, nullable=False)
    edited: Named[bool] = Column(Boolean)
    at: Named[datetime] = Column(UtcDateTime, nullable=False)
    expires_at: Named[datetime] = Column(UtcDateTime, nullable=False, index=True)


transcript = Table(
    "transcript",
    metadata,
    _TranscriptColumns,
    Index("ix_transcript_conversation", "conversation_id", "id"),
    sqlite_autoincrement=True,
)


class _HelplineColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    code: Named[str] = Column(String(32), unique=True)
    name: Named[str] = Column(String(80))
    countries: Named[tuple[str, ...]] = Column(Names, nullable=False)
    languages: Named[tuple[str, ...]] = Column(Names, nullable=False)
    hours: Named[dict[str, Any]] = Column(JSON, nullable=False)
    zone: Named[str] = Column(String(64))
    due: Named[dict[str, Any]] = Column(JSON, nullable=False)
    retention_days: Named[int] = Column(Integer)
    alerts: Named[dict[str, Any]] = Column(JSON, nullable=False)
    active: Named[bool] = Column(Boolean)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)


helplines = Table("helplines", metadata, _HelplineColumns)


class _StaffColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    login: Named[str] = Column(String(80), unique=True)
    name: Named[str] = Column(String(80))
    role: Named[str] = Column(String(16))
    password: Named[str] = Column(String(200))
    active: Named[bool] = Column(Boolean)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    # SQLite cannot add a column that refers to another table and must not be empty; who has none sees nothing.
    helpline_id: Named[int | None] = Column(BigKey, ForeignKey("helplines.id"))


staff = Table("staff", metadata, _StaffColumns)


class _SessionColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    staff_id: Named[int] = Column(BigKey, ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    token_hash: Named[bytes] = Column(LargeBinary(32), unique=True)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    seen_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    expires_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    ended_at: Named[datetime | None] = Column(UtcDateTime)


staff_sessions = Table(
    "staff_sessions",
    metadata,
    _SessionColumns,
    Index("ix_staff_sessions_live", "seen_at", **_where("ended_at IS NULL")),
)


class _FailureColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    subject: Named[bytes] = Column(LargeBinary(16))
    at: Named[datetime] = Column(UtcDateTime, nullable=False)


sign_in_failures = Table("sign_in_failures", metadata, _FailureColumns, Index(None, "subject", "at"))


class _CaseColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    reference: Named[str] = Column(String(16), unique=True)
    conversation_id: Named[int | None] = Column(BigKey, ForeignKey("conversations.id", ondelete="SET NULL"))
    incident: Named[int] = Column(BigInteger)
    state: Named[str] = Column(String(16))
    rank: Named[int] = Column(SmallInteger)
    flags: Named[tuple[str, ...]] = Column(Names, nullable=False)
    intent: Named[str] = Column(String(64))
    language: Named[str] = Column(String(8))
    country: Named[str] = Column(String(8))
    role: Named[str] = Column(String(16))
    confirmed: Named[bool | None] = Column(Boolean)
    opened_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    due_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    last_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    answered_at: Named[datetime | None] = Column(UtcDateTime)
    closed_at: Named[datetime | None] = Column(UtcDateTime)
    holder_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    lease_until: Named[datetime | None] = Column(UtcDateTime)
    outcome: Named[str | None] = Column(String(32))
    version: Named[int] = Column(Integer)
    data_key: Named[bytes | None] = Column(LargeBinary)
    draft: Named[bytes | None] = Column(LargeBinary)
    helpline_id: Named[int | None] = Column(BigKey, ForeignKey("helplines.id"))
    promised: Named[bool] = Column(Boolean, server_default=false())


cases = Table(
    "cases",
    metadata,
    _CaseColumns,
    UniqueConstraint("conversation_id", "incident"),
    _one_of("state", "new", "claimed", "waiting_person", "waiting_us", "closed"),
    Index("ix_cases_conversation", "conversation_id", "id"),
    Index("uq_cases_one_open", "conversation_id", unique=True, **_where("state <> 'closed'")),
    Index("ix_cases_queue", "helpline_id", "rank", "due_at", "id", **_where("state <> 'closed'")),
    Index("ix_cases_unheld", "helpline_id", "rank", "due_at", "id", **_where("state = 'new'")),
    Index("ix_cases_held", "holder_id", "rank", "due_at", "id", **_where("state <> 'closed'")),
    Index("ix_cases_lease", "lease_until", **_where("lease_until IS NOT NULL")),
    Index("ix_cases_closed", "helpline_id", "closed_at", "id", **_where("state = 'closed'")),
    sqlite_autoincrement=True,
)


class _OutboxColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    bot_id: Named[int] = Column(BigInteger)
    conversation_id: Named[int] = Column(BigKey, ForeignKey("conversations.id", ondelete="CASCADE"))
    case_id: Named[int | None] = Column(BigKey, ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    token: Named[str] = Column(String(160), unique=True)
    kind: Named[str] = Column(String(8))
    rank: Named[int] = Column(SmallInteger)
    state: Named[str] = Column(String(12))
    payload: Named[bytes | None] = Column(LargeBinary)
    attempts: Named[int] = Column(SmallInteger)
    owner: Named[int | None] = Column(Integer)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    due_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    finished_at: Named[datetime | None] = Column(UtcDateTime)
    telegram_id: Named[int | None] = Column(BigInteger)
    error: Named[str | None] = Column(String(64))
    not_before: Named[datetime | None] = Column(UtcDateTime)
    waits: Named[bool] = Column(Boolean, server_default=false())


_OUTBOX_STATES = ("queued", "sending", "sent", "uncertain", "unreachable", "rejected", "cancelled")

outbox = Table(
    "outbox",
    metadata,
    _OutboxColumns,
    _one_of("kind", "answer", "safety", "staff", "notice"),
    _one_of("state", *_OUTBOX_STATES),
    Index("ix_outbox_due", "bot_id", "rank", "id", **_where("state = 'queued'")),
    Index("ix_outbox_conversation", "conversation_id", "id"),
    Index("ix_outbox_lane", "conversation_id", "id", **_where("state IN ('queued', 'sending')")),
    Index("ix_outbox_sending", "bot_id", **_where("state = 'sending'")),
    Index("ix_outbox_uncertain", "id", **_where("state = 'uncertain'")),
    sqlite_autoincrement=True,
)


class _LineColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    case_id: Named[int] = Column(BigKey, ForeignKey("cases.id", ondelete="CASCADE"))
    token: Named[str] = Column(String(80))
    author: Named[str] = Column(String(8))
    key: Named[str] = Column(String(32))
    staff_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    body: Named[bytes | None] = Column(LargeBinary)
    flags: Named[tuple[str, ...]] = Column(Names, nullable=False)
    edited: Named[bool] = Column(Boolean)
    at: Named[datetime] = Column(UtcDateTime, nullable=False)
    outbox_id: Named[int | None] = Column(BigKey, ForeignKey("outbox.id", ondelete="SET NULL"), index=True)


case_lines = Table(
    "case_lines",
    metadata,
    _LineColumns,
    UniqueConstraint("case_id", "token"),
    _one_of("author", "person", "bot", "staff", "note", "system"),
    Index("ix_case_lines_case", "case_id", "id"),
    sqlite_autoincrement=True,
)


class _AuditColumns(TypedColumns):
    seq: Named[int] = Column(BigKey, primary_key=True, autoincrement=False)
    at: Named[datetime] = Column(UtcDateTime, nullable=False)
    case_id: Named[int | None] = Column(BigKey, ForeignKey("cases.id"))
    staff_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    what: Named[str] = Column(String(32))
    detail: Named[str] = Column(String(200))
    hash: Named[bytes] = Column(LargeBinary(32))


audit = Table(
    "audit",
    metadata,
    _AuditColumns,
    Index("ix_audit_case", "case_id", "staff_id", "what", "at"),
    Index("ix_audit_staff", "staff_id", "seq"),
)


class _AuditHeadColumns(TypedColumns):
    id: Named[int] = Column(SmallInteger, primary_key=True, autoincrement=False)
    seq: Named[int] = Column(BigInteger)
    hash: Named[bytes] = Column(LargeBinary(32))
    mac: Named[bytes] = Column(LargeBinary(32))


audit_head = Table("audit_head", metadata, _AuditHeadColumns)


class _ChangeColumns(TypedColumns):
    # No foreign key: checking it would wait for whoever has the case locked, behind the stream's lock.
    seq: Named[int] = Column(BigKey, primary_key=True)
    case_id: Named[int | None] = Column(BigKey)
    what: Named[str] = Column(String(32))
    at: Named[datetime] = Column(UtcDateTime, nullable=False)


changes = Table("changes", metadata, _ChangeColumns, sqlite_autoincrement=True)


class _TallyColumns(TypedColumns):
    day: Named[str] = Column(String(10), primary_key=True)
    what: Named[str] = Column(String(64), primary_key=True)
    language: Named[str] = Column(String(8), primary_key=True)
    count: Named[int] = Column(Integer)


tallies = Table("tallies", metadata, _TallyColumns)


class _WeeklyColumns(TypedColumns):
    conversation_id: Named[int] = Column(
        BigKey, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    due_at: Named[datetime] = Column(UtcDateTime, nullable=False, index=True)
    sent: Named[int] = Column(Integer)


weekly_tips = Table("weekly_tips", metadata, _WeeklyColumns)


class _MetaColumns(TypedColumns):
    key: Named[str] = Column(String(32), primary_key=True)
    value: Named[str] = Column(String(400))


meta = Table("meta", metadata, _MetaColumns)
