"""How long is left until a person must have looked, in figures and words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.console.catalogue import Catalogue
from bot.console.pages import DueClock, Moment
from bot.core.case import CaseState, QueueRow

SOON = 0.5
LATE = 0.15
"""Green above half of the time given, amber below it, red in the last part or when over."""


def iso(moment: datetime) -> str:
    """``2026-03-02T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(words: Catalogue, at: datetime, now: datetime) -> Moment:
    """A time for machines and people."""
    return Moment(iso(at), words.moment(at, now))


def duration(words: Catalogue, length: timedelta) -> str:
    """``4 min``, ``2 h 5 min``, ``3 d 1 h``; the sign is not shown."""
    minutes = int(abs(length).total_seconds()) // 60
    if minutes < 1:
        return words.t("clock.under")
    if minutes < 60:
        return words.t("clock.minutes", m=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return words.t("clock.hours" if minutes else "clock.whole_hours", h=hours, m=minutes)
    return words.t("clock.days", d=hours // 24, h=hours % 24)


def level_of(left: timedelta, given: timedelta) -> str:
    """``calm``, ``soon`` or ``late``."""
    share = left / given
    if share <= LATE:
        return "late"
    return "soon" if share <= SOON else "calm"


def due_clock(words: Catalogue, row: QueueRow, now: datetime) -> DueClock:
    """The clock of a case. It rests while the family is to answer, and ends with the case."""
    if row.state is CaseState.CLOSED:
        return DueClock("stopped", words.t("clock.stopped", time=words.moment(row.last_at, now)), "closed")
    if row.state is CaseState.WAITING_PERSON:
        return DueClock("paused", words.t("clock.paused"), "paused")
    left, given = row.due_at - now, row.given
    key = "clock.left" if left >= timedelta() else "clock.late"
    return DueClock(
        level=level_of(left, given),
        words=words.t(key, time=duration(words, left)),
        icon="clock",
        due=moment_of(words, row.due_at, now),
        seconds=int(given.total_seconds()),
    )
