"""How long people waited for a person's first answer, measured anew each hour for what the bot says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select, update

from bot.core.taxonomy import Priority
from bot.helpline.tables import cases, helplines

PERIOD = timedelta(days=28)
AGAIN = timedelta(hours=1)
FEWEST = 5
"""Fewer answered cases about an hour of the day tell nothing, and could tell of one person."""

_NEWEST = 5000
_HOURS = 24

Opened = tuple[int, int, int]
"""Priority, hour (UTC) at which the case was opened, seconds until the first answer."""


def measure(connection: Connection, now: datetime) -> int:
    """Measure for the helplines whose figures are an hour old; returns how many."""
    old = or_(helplines.c.waits_at.is_(None), helplines.c.waits_at <= now - AGAIN)
    query = select(helplines.c.id).where(old).with_for_update(key_share=True, skip_locked=True)
    found = connection.execute(query).scalars().all()
    for helpline_id in found:
        rows = connection.execute(_ANSWERED, {"b_helpline": helpline_id, "b_since": now - PERIOD})
        opened = [(-row.rank, row.opened_at.hour, row.waited) for row in rows]
        written = {priority.name.lower(): list(hours) for priority, hours in nine_of_ten(opened).items()}
        connection.execute(_KEEP, {"b_helpline": helpline_id, "b_waits": written, "b_now": now})
    return len(found)


_ANSWERED = (
    select(cases.c.rank, cases.c.opened_at, cases.c.waited)
    .where(cases.c.helpline_id == bindparam("b_helpline"), cases.c.waited.is_not(None))
    .where(cases.c.opened_at >= bindparam("b_since", type_=cases.c.opened_at.type))
    .order_by(cases.c.opened_at.desc(), cases.c.id.desc())
    .limit(_NEWEST)
)
_KEEP = (
    update(helplines)
    .where(helplines.c.id == bindparam("b_helpline"))
    .values(waits=bindparam("b_waits"), waits_at=bindparam("b_now"))
)


def nine_of_ten(opened: Iterable[Opened]) -> dict[Priority, tuple[int, ...]]:
    """Minutes within which nine of ten were answered, for each hour together with its neighbours; 0 for too few."""
    by_hour: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for priority, hour, seconds in opened:
        for near in (hour - 1, hour, hour + 1):
            by_hour[priority, near % _HOURS].append(seconds)
    return {
        priority: tuple(_minutes(by_hour[priority, hour]) for hour in range(_HOURS)) for priority in Priority
    }


def _minutes(seconds: list[int]) -> int:
    if len(seconds) < FEWEST:
        return 0
    place = -(-len(seconds) * 9 // 10) - 1
    return max(1, -(-sorted(seconds)[place] // 60))


def read_waits(written: Mapping[str, list[int]]) -> dict[Priority, tuple[int, ...]]:
    """What `measure` has kept."""
    return {Priority[name.upper()]: tuple(minutes) for name, minutes in written.items()}
