"""Who is on the staff, as the rest of the helpline sees them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from bot.core.access import Permission, allowed
from bot.core.helplines import DEFAULT
from bot.errors import NotAllowed, NotFound
from bot.helpline import trail
from bot.helpline.tables import helplines, staff, staff_sessions


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody of the staff. ``name`` is what people are shown; cases of other helplines do not exist."""

    id: int
    login: str
    name: str
    role: str
    helpline_id: int | None
    helpline: str

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return allowed(self.role, permission)


def needs(member: StaffMember, permission: Permission) -> None:
    """Raises `NotAllowed` where the member's role lacks the permission."""
    if not member.may(permission):
        raise NotAllowed


MEMBER = (
    staff.c.id,
    staff.c.login,
    staff.c.name,
    staff.c.role,
    staff.c.helpline_id,
    helplines.c.code.label("helpline"),
)
WHOSE = staff.outerjoin(helplines, helplines.c.id == staff.c.helpline_id)


def member_of(row: Any) -> StaffMember:
    """A member from a row with the columns `MEMBER`."""
    return StaffMember(row.id, row.login, row.name, row.role, row.helpline_id, row.helpline or "")


def member_by_id(connection: Connection, staff_id: int) -> StaffMember | None:
    """An active account, or None."""
    query = select(*MEMBER).select_from(WHOSE).where(staff.c.id == staff_id, staff.c.active)
    row = connection.execute(query).one_or_none()
    return None if row is None else member_of(row)


def within_reach(connection: Connection, by: StaffMember | None, login: str) -> StaffMember:
    """An account that ``by`` may look after: of the same helpline, or any for the default one's.

    Without ``by`` it is the operator at the command line. Raises `NotAllowed`, `NotFound`.
    """
    if by is not None:
        needs(by, Permission.STAFF_MANAGE)
    query = select(*MEMBER).select_from(WHOSE).where(staff.c.login == login.lower()[:80])
    row = connection.execute(query).one_or_none()
    if row is None or not reaches(by, row.helpline_id):
        raise NotFound("there is no such account")
    return member_of(row)


def reaches(by: StaffMember | None, helpline_id: int | None) -> bool:
    """Whether ``by`` may look after accounts of a helpline."""
    return by is None or by.helpline == DEFAULT or (helpline_id is not None and by.helpline_id == helpline_id)


def note_account(
    connection: Connection, what: str, account: int, by: StaffMember | None, now: datetime, more: str = ""
) -> None:
    """Note for the trail what was done to an account, and by whom (None: at the command line)."""
    detail = f"account={account}" + (f" {more}" if more else "")
    trail.note(connection, trail.Entry(now, None, None if by is None else by.id, what, detail))


def end_sessions(connection: Connection, staff_id: int, now: datetime) -> None:
    """End all running sessions of an account."""
    running = (staff_sessions.c.staff_id == staff_id, staff_sessions.c.ended_at.is_(None))
    connection.execute(update(staff_sessions).where(*running).values(ended_at=now))


def token_hash(token: str) -> bytes:
    """What is kept of a token: of no use to whoever reads the database."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
