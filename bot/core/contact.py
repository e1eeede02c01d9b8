"""Safe contact: whether, when and with which words the helpline may write first.

Phones are shared: an unasked message can put a person at risk (FOLLOW-UP in the checklist of the
safety path). The person chooses by tap; outside of what was chosen nothing of the staff is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WINDOWS: dict[str, tuple[time, time]] = {
    "morning": (time(8), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(21)),
}
"""Hours of the person's country for each choice; the end does not belong to it."""

CHOICES = ("", "any", *WINDOWS, "no")
"""``""`` was not asked yet and counts as ``any``: whoever waits in the chat must get the answer."""

OPENINGS = ("moment", "go_on", "news")
"""Neutral words that may come first (``everyday.contact_knock_<name>``): they tell whoever reads along nothing."""

TALKING = timedelta(minutes=15)
"""Who wrote this recently is at the phone: an answer goes out whatever the hour."""


@dataclass(frozen=True, slots=True)
class SafeContact:
    """What the person chose. ``when`` is one of `CHOICES`.

    ``opening``: the neutral words, one of `OPENINGS`, that are sent first while the rest waits for a yes;
    empty for none.
    """

    when: str = ""
    opening: str = ""

    @property
    def asked(self) -> bool:
        return bool(self.when)

    @property
    def neutral(self) -> bool:
        return bool(self.opening)

    @property
    def never(self) -> bool:
        return self.when == "no"

    def opens(self, now: datetime, zone: ZoneInfo | None) -> datetime | None:
        """The first moment from ``now`` (aware) at which staff may write; None: never.

        ``zone`` is that of the person's country. Without one hours cannot be kept, and nothing goes out.
        """
        if self.when in ("", "any"):
            return now
        window = WINDOWS.get(self.when)
        if window is None or zone is None:
            return None
        start, end = window
        local = now.astimezone(zone)
        if start <= local.time() < end:
            return now
        day = local.date() + timedelta(days=1) if local.time() >= end else local.date()
        return datetime.combine(day, start, zone).astimezone(now.tzinfo)


UNASKED = SafeContact()
