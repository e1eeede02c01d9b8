"""A clock that goes only when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Stands still at a Monday noon, UTC, until moved."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move on."""
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
