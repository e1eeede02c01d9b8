"""The tables, the same on SQLite and PostgreSQL. Migrations make them; a test holds both equal.

What ends in ``raw``, ``payload``, ``body``, ``draft``, ``avoids``, ``chat_id`` or ``state`` (of a
conversation) is encrypted; columns named ``flags``, ``danger`` hold names of the taxonomy only. Times are aware, UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    SmallInteger,
    String,
    Table,
    TypedColumns,
    UniqueConstraint,
    false,
)

from bot.helpline.access_tables import api_tokens as api_tokens
from bot.helpline.access_tables import audit as audit
from bot.helpline.access_tables import audit_head as audit_head
from bot.helpline.access_tables import exports as exports
from bot.helpline.access_tables import recovery_codes as recovery_codes
from bot.helpline.columns import BigKey, Names, one_of, where
from bot.helpline.columns import UtcDateTime as UtcDateTime
from bot.helpline.columns import metadata as metadata


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
    one_of("state", "ready", "done", "dead"),
    Index("ix_inbox_ready", "bot_id", "id", **where("state = 'ready'")),
    Index("ix_inbox_lane", "chat_key", "id", **where("state = 'ready'")),
    Index("ix_inbox_urgent", "bot_id", "urgent", "state", "chat_key", **where("state = 'ready' AND urgent")),
    Index("ix_inbox_dead", "id", **where("state = 'dead'")),
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
    contact_opening: Named[str] = Column(String(12), server_default="")


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
    waits: Named[dict[str, list[int]]] = Column(JSON, nullable=False, server_default="{}")
    waits_at: Named[datetime | None] = Column(UtcDateTime)


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
    totp: Named[bytes | None] = Column(LargeBinary)
    totp_step: Named[int | None] = Column(BigInteger)
    oidc_subject: Named[bytes | None] = Column(LargeBinary(16))
    avoids: Named[bytes | None] = Column(LargeBinary)


staff = Table("staff", metadata, _StaffColumns, Index("uq_staff_oidc_subject", "oidc_subject", unique=True))


class _SessionColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    staff_id: Named[int] = Column(BigKey, ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    token_hash: Named[bytes] = Column(LargeBinary(32), unique=True)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    seen_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    expires_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    ended_at: Named[datetime | None] = Column(UtcDateTime)
    stage: Named[str] = Column(String(8), server_default="full")


staff_sessions = Table(
    "staff_sessions",
    metadata,
    _SessionColumns,
    Index("ix_staff_sessions_live", "seen_at", **where("ended_at IS NULL")),
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
    given: Named[int] = Column(Integer)
    person_at: Named[datetime | None] = Column(UtcDateTime)
    returned: Named[bool] = Column(Boolean)
    alarm: Named[int] = Column(SmallInteger)
    waited: Named[int | None] = Column(Integer)
    offered_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    second_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    help_at: Named[datetime | None] = Column(UtcDateTime)
    main_id: Named[int | None] = Column(BigKey, ForeignKey("cases.id"))


cases = Table(
    "cases",
    metadata,
    _CaseColumns,
    UniqueConstraint("conversation_id", "incident"),
    one_of("state", "new", "claimed", "waiting_person", "waiting_us", "closed"),
    Index("ix_cases_conversation", "conversation_id", "id"),
    Index("uq_cases_one_open", "conversation_id", unique=True, **where("state <> 'closed'")),
    Index("ix_cases_queue", "helpline_id", "rank", "due_at", "id", **where("state <> 'closed'")),
    Index("ix_cases_unheld", "helpline_id", "rank", "due_at", "id", **where("state = 'new'")),
    Index("ix_cases_held", "holder_id", "rank", "due_at", "id", **where("state <> 'closed'")),
    Index("ix_cases_lease", "lease_until", **where("lease_until IS NOT NULL")),
    Index("ix_cases_watch", "alarm", "due_at", **where("state IN ('new', 'claimed', 'waiting_us')")),
    Index("ix_cases_main", "main_id", **where("main_id IS NOT NULL")),
    Index("ix_cases_opened", "helpline_id", "opened_at", "id"),
    Index("ix_cases_closed", "helpline_id", "closed_at", "id", **where("state = 'closed'")),
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
    one_of("kind", "answer", "safety", "staff", "notice"),
    one_of("state", *_OUTBOX_STATES),
    Index("ix_outbox_due", "bot_id", "rank", "id", **where("state = 'queued'")),
    Index("ix_outbox_conversation", "conversation_id", "id"),
    Index("ix_outbox_lane", "conversation_id", "id", **where("state IN ('queued', 'sending')")),
    Index("ix_outbox_sending", "bot_id", **where("state = 'sending'")),
    Index("ix_outbox_uncertain", "id", **where("state = 'uncertain'")),
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
    one_of("author", "person", "bot", "staff", "note", "system"),
    Index("ix_case_lines_case", "case_id", "id"),
    Index("ix_case_lines_taken", "staff_id", "at", **where("key IN ('claimed', 'accepted', 'taken_over')")),
    sqlite_autoincrement=True,
)


class _ChangeColumns(TypedColumns):
    # No foreign key: checking it would wait for whoever has the case locked, behind the stream's lock.
    seq: Named[int] = Column(BigKey, primary_key=True)
    case_id: Named[int | None] = Column(BigKey)
    what: Named[str] = Column(String(32))
    at: Named[datetime] = Column(UtcDateTime, nullable=False)


changes = Table("changes", metadata, _ChangeColumns, sqlite_autoincrement=True)


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
