"""A helpline (organisation): whom it is there for, when, and how soon it must answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.case import DUE
from bot.core.effects import Audience
from bot.core.taxonomy import Priority

DEFAULT = "default"
"""Code of the helpline that takes what no other covers; it is always there and always open."""

RETENTION_DAYS = 365

Span = tuple[time, time]
"""From, until (not including); until 00:00 means the end of the day."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is there: spans for each weekday (0 is Monday). No spans at all: always."""

    week: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)

    def open_at(self, local: datetime) -> bool:
        """Whether a moment, told in the helpline's own zone, falls into a span."""
        if not self.week:
            return True
        now = local.time().replace(tzinfo=None)
        return any(
            begin <= now and (now < end or end == time(0))
            for begin, end in self.week.get(local.weekday(), ())
        )

    def next_opening(self, local: datetime) -> datetime | None:
        """The next beginning of a span after a moment in the helpline's own zone; None where always open."""
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            for begin, _ in sorted(self.week.get(day.weekday(), ())):
                opens = datetime.combine(day, begin, local.tzinfo)
                if opens > local:
                    return opens
        return None


@dataclass(frozen=True, slots=True)
class Helpline:
    """An organisation whose staff see its cases and no others.

    ``countries`` and ``languages`` are codes as in `Audience`; empty means all. ``due``: time until a
    person should have looked. ``retention_days``: how long closed cases keep their words. ``alerts`` are
    the settings of the alerts as JSON values.
    """

    id: int
    code: str
    name: str
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    hours: Hours = field(default_factory=Hours)
    zone: str = "UTC"
    due: Mapping[Priority, timedelta] = field(default_factory=lambda: dict(DUE))
    retention_days: int = RETENTION_DAYS
    alerts: Mapping[str, object] = field(default_factory=dict)
    active: bool = True
    waits: Mapping[Priority, tuple[int, ...]] = field(default_factory=dict)
    """Minutes that nine of ten lately waited for a person's first answer, for each hour (UTC) at which the case
    was opened; 0 where too few were answered to tell."""

    @property
    def is_default(self) -> bool:
        return self.code == DEFAULT

    def covers(self, country: str, language: str) -> bool:
        """Whether it is there for this country and language, whatever the hour."""
        return (not self.countries or country in self.countries) and (
            not self.languages or language in self.languages
        )

    def open_at(self, now: datetime) -> bool:
        """Whether somebody is there at a moment (aware)."""
        return self.hours.open_at(now.astimezone(ZoneInfo(self.zone)))

    def waited(self, priority: Priority, now: datetime) -> timedelta | None:
        """What people lately waited at this hour of the day; None where that cannot be told."""
        minutes = self.waits.get(priority, ())
        found = minutes[now.astimezone(UTC).hour] if len(minutes) == 24 else 0
        return timedelta(minutes=found) if found else None

    def next_opening(self, now: datetime) -> datetime | None:
        """When somebody is there again (aware); None where the hours do not say."""
        return self.hours.next_opening(now.astimezone(ZoneInfo(self.zone)))


def covering(helplines: Iterable[Helpline], country: str, language: str) -> Helpline | None:
    """Who is there for this country and language: one of its own before the default one."""
    fitting = [item for item in helplines if item.active and item.covers(country, language)]
    return min(fitting, key=lambda item: item.is_default, default=None)


def chosen(helplines: Iterable[Helpline], audience: Audience, now: datetime) -> Helpline | None:
    """The one that is there for the person now: one made for the country goes before one made for the
    language, and either before one that takes everything. Nobody: the default one, which never closes.
    """
    lines = tuple(helplines)
    there = [
        line
        for line in lines
        if line.active
        and not line.is_default
        and line.covers(audience.country, audience.language)
        and line.open_at(now)
    ]
    default = next((line for line in lines if line.is_default), None)
    return min(there, key=lambda line: (not line.countries, not line.languages, line.code), default=default)


def somebody_there(
    helplines: Iterable[Helpline], audience: Audience, now: datetime, at_work: Collection[int]
) -> bool:
    """Whether the helpline that a case of this person goes to has somebody at work."""
    line = chosen(helplines, audience, now)
    return bool(at_work) if line is None else line.id in at_work
