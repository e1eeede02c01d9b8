"""The helplines in the database: read, made and changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, insert, select, update

from bot.core.case import DUE
from bot.core.helplines import DEFAULT, Helpline, Hours, Span
from bot.core.ports import Clock
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotFound, WrongField
from bot.helpline.database import Database
from bot.helpline.tables import helplines
from bot.helpline.waits import read_waits

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_RETENTION = 3650
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LISTED = re.compile(r"[a-z]{2,3}")
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class HelplineForm:
    """What can be set of a helpline, as people write it.

    ``hours``: spans by day, as ``{"mon": ["08:00-12:00", "14:00-00:00"]}``; empty means always.
    ``due``: minutes by priority's name, as ``{"emergency": 5}``; what is left out stays as usual.
    """

    name: str
    countries: Sequence[str] = ()
    languages: Sequence[str] = ()
    hours: Mapping[str, Sequence[str]] | None = None
    zone: str = "UTC"
    due: Mapping[str, int] | None = None
    retention_days: int = 365
    alerts: Mapping[str, object] | None = None
    active: bool = True


class Helplines:
    """The organisations that share this installation."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self) -> Sequence[Helpline]:
        """All of them by code, those out of use too."""
        return await self._database.read(all_helplines)

    async def by_code(self, code: str) -> Helpline:
        """One of them. Raises `NotFound`."""
        return await self._database.read(by_code, code)

    async def add(self, code: str, form: HelplineForm) -> Helpline:
        """Make one. Raises `Conflict` where the code is taken, `WrongField` that says what is wrong."""
        return await self._database.run(add_helpline, code, form, self._clock.now())

    async def change(self, code: str, form: HelplineForm) -> Helpline:
        """Set all of one anew. Raises `NotFound`, and `WrongField` that says what is wrong."""
        return await self._database.run(change_helpline, code, form)


def all_helplines(connection: Connection) -> Sequence[Helpline]:
    """All helplines by code."""
    return [_helpline(row) for row in connection.execute(select(helplines).order_by(helplines.c.code))]


def by_code(connection: Connection, code: str) -> Helpline:
    """A helpline. Raises `NotFound`."""
    row = connection.execute(select(helplines).where(helplines.c.code == code[:32])).one_or_none()
    if row is None:
        raise NotFound("there is no such helpline")
    return _helpline(row)


def due_times(minutes: Mapping[str, int] | None) -> Mapping[Priority, timedelta]:
    """Due times as stored, with what is usual for those that were left out."""
    if not minutes:
        return DUE
    return {**DUE, **{Priority[name.upper()]: timedelta(minutes=n) for name, n in minutes.items()}}


def default_helpline_id(connection: Connection) -> int:
    """Whose a case is that no other helpline covers."""
    return connection.execute(_DEFAULT_ID).scalar_one()


_DEFAULT_ID = select(helplines.c.id).where(helplines.c.code == DEFAULT)


def form_of(helpline: Helpline) -> HelplineForm:
    """A helpline as it would be written, to change a part of it."""
    return HelplineForm(
        name=helpline.name,
        countries=helpline.countries,
        languages=helpline.languages,
        hours=_written_hours(helpline.hours),
        zone=helpline.zone,
        due={p.name.lower(): time // timedelta(minutes=1) for p, time in helpline.due.items()},
        retention_days=helpline.retention_days,
        alerts=helpline.alerts,
        active=helpline.active,
    )


def add_helpline(connection: Connection, code: str, form: HelplineForm, now: datetime) -> Helpline:
    """Make one. Raises `Conflict` where the code is taken, `WrongField` that says what is wrong."""
    if not _CODE.fullmatch(code):
        raise WrongField("code", "a code has 1 to 32 small letters, digits or -")
    values = _values(form)
    if connection.execute(select(helplines.c.id).where(helplines.c.code == code)).one_or_none() is not None:
        raise Conflict("this code is taken")
    connection.execute(insert(helplines), {**values, "code": code, "created_at": now})
    return by_code(connection, code)


def change_helpline(connection: Connection, code: str, form: HelplineForm) -> Helpline:
    """Set all of one anew. Raises `NotFound`, and `WrongField` that says what is wrong."""
    if code == DEFAULT and (not form.active or form.countries or form.languages or form.hours):
        raise WrongField("default", "the default helpline takes everything, always")
    values = _values(form)
    by_code(connection, code)
    connection.execute(update(helplines).where(helplines.c.code == code).values(**values))
    return by_code(connection, code)


def _helpline(row: Row[Any]) -> Helpline:
    due = due_times(row.due)
    return Helpline(
        id=row.id,
        code=row.code,
        name=row.name,
        countries=row.countries,
        languages=row.languages,
        hours=_read_hours(row.hours),
        zone=row.zone,
        due=due,
        retention_days=row.retention_days,
        alerts=row.alerts,
        active=row.active,
        waits=read_waits(row.waits),
    )


def _values(form: HelplineForm) -> dict[str, Any]:
    name = " ".join(form.name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise WrongField("name", "a name has 1 to 80 printable characters")
    try:
        ZoneInfo(form.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongField("zone", "a time zone is named as in Europe/Madrid") from error
    if not 1 <= form.retention_days <= LONGEST_RETENTION:
        raise WrongField("retention", f"words are kept 1 to {LONGEST_RETENTION} days")
    hours = dict(form.hours or {})
    _read_hours(hours)
    return {
        "name": name,
        "countries": _codes(form.countries),
        "languages": _codes(form.languages),
        "hours": {day: list(spans) for day, spans in hours.items() if spans},
        "zone": form.zone,
        "due": _due(form.due or {}),
        "retention_days": form.retention_days,
        "alerts": dict(form.alerts or {}),
        "active": form.active,
    }


def _codes(codes: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(code.strip().lower() for code in codes if code.strip()))
    if len(chosen) > 40 or not all(_LISTED.fullmatch(code) for code in chosen):
        raise WrongField("codes", "countries and languages are codes of two or three letters")
    return chosen


def _due(minutes: Mapping[str, int]) -> dict[str, int]:
    for name, count in minutes.items():
        if name.upper() not in Priority.__members__ or not 1 <= count <= 7 * 24 * 60:
            raise WrongField("due", "due times are 1 to 10080 minutes for emergency, urgent and routine")
    return dict(minutes)


def _read_hours(written: Mapping[str, Sequence[str]]) -> Hours:
    if not set(written) <= set(DAYS):
        raise WrongField("hours", f"days are {', '.join(DAYS)}")
    return Hours({DAYS.index(day): tuple(map(_span, spans)) for day, spans in written.items()})


def _span(written: str) -> Span:
    match = _SPAN.fullmatch(written.strip())
    if match is None:
        raise WrongField("hours", "hours are written as 08:00-16:30")
    begin, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if begin >= end and end != time(0):
        raise WrongField(
            "hours", "hours end later than they begin; a night is two spans, up to 00:00 and from it"
        )
    return begin, end


def _written_hours(hours: Hours) -> dict[str, list[str]]:
    return {
        DAYS[day]: [f"{begin:%H:%M}-{end:%H:%M}" for begin, end in spans] for day, spans in hours.week.items()
    }
