"""Tables of who may do what, and of what was done. No words of people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Named,
    SmallInteger,
    String,
    Table,
    TypedColumns,
)

from bot.helpline.columns import BigKey, Names, UtcDateTime, metadata, one_of


class _RecoveryColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    staff_id: Named[int] = Column(BigKey, ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    code: Named[bytes] = Column(LargeBinary(16))


recovery_codes = Table("recovery_codes", metadata, _RecoveryColumns)


class _TokenColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    staff_id: Named[int] = Column(BigKey, ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    name: Named[str] = Column(String(80))
    token_hash: Named[bytes] = Column(LargeBinary(32), unique=True)
    scopes: Named[tuple[str, ...]] = Column(Names, nullable=False)
    created_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    expires_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    used_at: Named[datetime | None] = Column(UtcDateTime)
    revoked_at: Named[datetime | None] = Column(UtcDateTime)


api_tokens = Table("api_tokens", metadata, _TokenColumns)


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


class _ExportColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    helpline_id: Named[int] = Column(BigKey, ForeignKey("helplines.id"))
    kind: Named[str] = Column(String(8))
    case_id: Named[int | None] = Column(BigKey, ForeignKey("cases.id"))
    since: Named[datetime | None] = Column(UtcDateTime)
    until: Named[datetime | None] = Column(UtcDateTime)
    purpose: Named[str] = Column(String(16))
    state: Named[str] = Column(String(8))
    asked_by: Named[int] = Column(BigKey, ForeignKey("staff.id"))
    asked_at: Named[datetime] = Column(UtcDateTime, nullable=False)
    decided_by: Named[int | None] = Column(BigKey, ForeignKey("staff.id"))
    decided_at: Named[datetime | None] = Column(UtcDateTime)
    fetched_at: Named[datetime | None] = Column(UtcDateTime)


exports = Table(
    "exports",
    metadata,
    _ExportColumns,
    one_of("kind", "cases", "case"),
    one_of("state", "asked", "approved", "refused", "fetched"),
    Index(None, "helpline_id", "id"),
)
