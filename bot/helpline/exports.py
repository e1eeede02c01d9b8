"""Exports by four eyes: one asks, another decides, and whoever asked fetches once.

Nothing is stored: the file is made at the moment it is fetched, from what is there then. ``cases`` are rows
without words, as a table; ``case`` is one case with its words. Each step is in the audit trail.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from bot.core.access import Permission
from bot.core.ports import Clock
from bot.errors import Conflict, NotAllowed, NotFound
from bot.helpline import trail
from bot.helpline.casefile import case_file, case_query
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.hand import normal_reference
from bot.helpline.helplines import all_helplines
from bot.helpline.members import StaffMember, needs
from bot.helpline.opened_case import lines_of
from bot.helpline.tables import cases, exports, staff

PURPOSES = ("court", "child_protection", "person_asked", "research", "handover")
"""Why something leaves: names of a list, so that no words of people get into the trail."""

GOOD_FOR = timedelta(hours=24)
"""How long an approved export can be fetched, and how long one waits to be decided."""

LONGEST_SPAN = timedelta(days=366)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Export:
    """An export as those see it who ask and decide. ``state``: asked, approved, refused, fetched or expired."""

    id: int
    kind: str
    reference: str
    since: datetime | None
    until: datetime | None
    purpose: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The file itself; made once."""

    name: str
    media_type: str
    content: bytes


class Exports:
    """Asks, decides, fetches."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def ask_case(self, member: StaffMember, reference: str, purpose: str) -> int:
        """Ask for one case with its words; the export's number. Raises `NotAllowed`, `NotFound`, ValueError."""
        return await self._ask(member, "case", purpose, reference=normal_reference(reference))

    async def ask_cases(self, member: StaffMember, since: date, until: date, purpose: str) -> int:
        """Ask for the rows of all cases opened from ``since`` to ``until``, both days included, without words.

        Days are those of the helpline's own zone. Raises `NotAllowed`, ValueError.
        """
        if not timedelta(0) <= until - since <= LONGEST_SPAN:
            raise ValueError("an export covers one day to one year")
        return await self._ask(member, "cases", purpose, days=(since, until))

    async def _ask(self, member: StaffMember, kind: str, purpose: str, **what: Any) -> int:
        needs(member, Permission.EXPORT_ASK)
        if purpose not in PURPOSES:
            raise ValueError("a purpose is one of the list")
        return await self._database.run(_ask, member, kind, purpose, self._clock.now(), **what)

    async def all(self, member: StaffMember) -> Sequence[Export]:
        """The newest hundred of the member's helpline. Raises `NotAllowed`."""
        if not (member.may(Permission.EXPORT_ASK) or member.may(Permission.EXPORT_APPROVE)):
            raise NotAllowed
        return await self._database.read(_all, member, self._clock.now())

    async def decide(self, member: StaffMember, export_id: int, approve: bool) -> None:
        """Approve or refuse what somebody else asked for.

        Raises `NotFound`, `NotAllowed` (also for one's own), `Conflict` where it is decided or too old.
        """
        needs(member, Permission.EXPORT_APPROVE)
        await self._database.run(_decide, member, export_id, approve, self._clock.now())

    async def fetch(self, member: StaffMember, export_id: int) -> ExportFile:
        """The file, for whoever asked, once. Raises `NotFound`, `NotAllowed`, `Conflict`."""
        needs(member, Permission.EXPORT_ASK)
        return await self._database.run(_fetch, self._keyring, member, export_id, self._clock.now())


def _ask(
    connection: Connection,
    member: StaffMember,
    kind: str,
    purpose: str,
    now: datetime,
    reference: str = "",
    days: tuple[date, date] | None = None,
) -> int:
    row: dict[str, Any] = {
        "helpline_id": member.helpline_id,
        "kind": kind,
        "purpose": purpose,
        "state": "asked",
        "asked_by": member.id,
        "asked_at": now,
    }
    case_id = None
    if kind == "case":
        mine = select(cases.c.id).where(
            cases.c.reference == reference, cases.c.helpline_id == member.helpline_id
        )
        case_id = row["case_id"] = connection.execute(mine).scalar_one_or_none()
        if case_id is None:
            raise NotFound("there is no such case")
    if days is not None:
        row["since"], row["until"] = _moments(connection, member, days)
    new = connection.execute(insert(exports).returning(exports.c.id), row).scalar_one()
    _note(connection, now, member, case_id, "export_asked", new, f"kind={kind} purpose={purpose}")
    return new


def _moments(
    connection: Connection, member: StaffMember, days: tuple[date, date]
) -> tuple[datetime, datetime]:
    zone = next(ZoneInfo(line.zone) for line in all_helplines(connection) if line.id == member.helpline_id)
    begin = datetime.combine(days[0], time(), zone)
    return begin, datetime.combine(days[1] + timedelta(days=1), time(), zone)


def _all(connection: Connection, member: StaffMember, now: datetime) -> Sequence[Export]:
    asker, decider = staff.alias("asker"), staff.alias("decider")
    joined = (
        exports.join(asker, asker.c.id == exports.c.asked_by)
        .outerjoin(decider, decider.c.id == exports.c.decided_by)
        .outerjoin(cases, cases.c.id == exports.c.case_id)
    )
    names = (asker.c.login.label("asked"), decider.c.login.label("decided"), cases.c.reference)
    query = select(*exports.c, *names).select_from(joined)
    own = query.where(exports.c.helpline_id == member.helpline_id)
    return [
        Export(
            id=row.id,
            kind=row.kind,
            reference=row.reference or "",
            since=row.since,
            until=row.until,
            purpose=row.purpose,
            state=_state(row, now),
            asked_by=row.asked,
            asked_at=row.asked_at,
            decided_by=row.decided or "",
            mine=row.asked_by == member.id,
        )
        for row in connection.execute(own.order_by(exports.c.id.desc()).limit(100))
    ]


def _state(row: Any, now: datetime) -> str:
    """The state, or expired: undecided or unfetched for too long."""
    since = row.decided_at if row.state == "approved" else row.asked_at
    over = row.state in ("asked", "approved") and now - since > GOOD_FOR
    return "expired" if over else str(row.state)


def _locked(connection: Connection, member: StaffMember, export_id: int) -> Any:
    query = select(exports).where(exports.c.id == export_id, exports.c.helpline_id == member.helpline_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("there is no such export")
    return row


def _decide(
    connection: Connection, member: StaffMember, export_id: int, approve: bool, now: datetime
) -> None:
    row = _locked(connection, member, export_id)
    if row.asked_by == member.id:
        raise NotAllowed("nobody approves an export of his or her own")
    if _state(row, now) != "asked":
        raise Conflict("this export is decided")
    state = "approved" if approve else "refused"
    mine = update(exports).where(exports.c.id == export_id)
    connection.execute(mine.values(state=state, decided_by=member.id, decided_at=now))
    _note(connection, now, member, row.case_id, f"export_{state}", export_id)


def _fetch(
    connection: Connection, keyring: Keyring, member: StaffMember, export_id: int, now: datetime
) -> ExportFile:
    row = _locked(connection, member, export_id)
    if row.asked_by != member.id:
        raise NotAllowed("an export is fetched by whoever asked for it")
    if _state(row, now) != "approved":
        raise Conflict("this export is not approved, fetched already, or too old")
    connection.execute(
        update(exports).where(exports.c.id == export_id).values(state="fetched", fetched_at=now)
    )
    _note(connection, now, member, row.case_id, "export_fetched", export_id)
    if row.kind == "case":
        return _case(connection, keyring, row.case_id)
    return _table(connection, row)


def _case(connection: Connection, keyring: Keyring, case_id: int) -> ExportFile:
    case = case_file(connection.execute(case_query().where(cases.c.id == case_id)).one())
    content = {
        "reference": case.reference,
        "state": case.state.value,
        "priority": case.priority.name.lower(),
        "flags": case.flags,
        "topic": case.intent,
        "language": case.audience.language,
        "country": case.audience.country,
        "opened_at": case.opened_at.isoformat(),
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "outcome": case.outcome,
        "lines": [
            {**asdict(line), "at": line.at.isoformat()} for line in lines_of(connection, keyring, case)
        ],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return ExportFile(f"case-{case.reference}.json", "application/json", text.encode())


COLUMNS = (
    *("reference", "state", "rank", "flags", "intent", "language", "country", "role", "confirmed"),
    *("opened_at", "answered_at", "closed_at", "outcome"),
)


def _table(connection: Connection, row: Any) -> ExportFile:
    columns = [cases.c[name] for name in COLUMNS]
    found = connection.execute(
        select(*columns)
        .where(
            cases.c.helpline_id == row.helpline_id,
            cases.c.opened_at >= row.since,
            cases.c.opened_at < row.until,
        )
        .order_by(cases.c.opened_at, cases.c.id)
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for values in found:
        writer.writerow([_cell(value) for value in values])
    return ExportFile(f"cases-{row.id}.csv", "text/csv; charset=utf-8", out.getvalue().encode())


def _cell(value: Any) -> str:
    """A value as a cell; what a spreadsheet would take for a formula is made text."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _note(
    connection: Connection,
    now: datetime,
    member: StaffMember,
    case_id: int | None,
    what: str,
    export_id: int,
    more: str = "",
) -> None:
    detail = f"export={export_id} {more}".strip()
    trail.note(connection, trail.Entry(now, case_id, member.id, what, detail))
