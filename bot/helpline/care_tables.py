"""What staff did for themselves: breaks, what was marked as hard, and who asked whom for a talk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Named,
    String,
    Table,
    TypedColumns,
)

from bot.helpline.columns import BigKey, UtcDateTime, metadata, one_of, where


class _CareColumns(TypedColumns):
    id: Named[int] = Column(BigKey, primary_key=True)
    staff_id: Named[int] = Column(BigKey, ForeignKey("staff.id", ondelete="CASCADE"))
    kind: Named[str] = Column(String(8))
    case_id: Named[int | None] = Column(BigInteger)  # no foreign key, as in changes: nothing waits for a lock
    to_id: Named[int | None] = Column(BigKey, ForeignKey("staff.id", ondelete="CASCADE"))
    answer: Named[str] = Column(String(4), server_default="")
    at: Named[datetime] = Column(UtcDateTime, nullable=False)
    until: Named[datetime | None] = Column(UtcDateTime)


care_acts = Table(
    "care_acts",
    metadata,
    _CareColumns,
    one_of("kind", "hard", "break", "talk"),
    one_of("answer", "", "yes", "no"),
    Index("ix_care_acts_staff", "staff_id", "kind", "at"),
    Index("uq_care_acts_hard", "staff_id", "case_id", unique=True, **where("kind = 'hard'")),
    Index("ix_care_acts_asked", "to_id", "at", **where("kind = 'talk'")),
    Index("ix_care_acts_break", "until", **where("kind = 'break'")),
    sqlite_autoincrement=True,
)
