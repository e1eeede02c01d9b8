"""Accounts of staff in the database, and who may change whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.core.access import Permission
from bot.errors import Conflict, NotFound
from bot.helpline.helplines import by_code
from bot.helpline.members import (
    MEMBER,
    WHOSE,
    StaffMember,
    end_sessions,
    member_of,
    needs,
    note_account,
    reaches,
    within_reach,
)
from bot.helpline.tables import staff


@dataclass(frozen=True, slots=True)
class Account:
    """An account as administrators see it."""

    member: StaffMember
    active: bool
    second_factor: bool


def add_account(
    connection: Connection, row: dict[str, Any], code: str, by: StaffMember | None
) -> StaffMember:
    """Insert an account. Raises `NotAllowed`, `NotFound`, `Conflict`."""
    if by is not None:
        needs(by, Permission.STAFF_MANAGE)
    helpline = by_code(connection, code)
    if not reaches(by, helpline.id):
        raise NotFound("there is no such helpline")
    if connection.execute(select(staff.c.id).where(staff.c.login == row["login"])).one_or_none() is not None:
        raise Conflict("this login is taken")
    row = {**row, "helpline_id": helpline.id}
    new_id = connection.execute(insert(staff).returning(staff.c.id), row).scalar_one()
    note_account(connection, "account_added", new_id, by, row["created_at"], f"role={row['role']}")
    return StaffMember(new_id, row["login"], row["name"], row["role"], helpline.id, helpline.code)


def change_account(
    connection: Connection,
    login: str,
    values: dict[str, Any],
    what: str,
    by: StaffMember | None,
    now: datetime,
    more: str = "",
) -> None:
    """Change an account within reach and end its sessions. Raises `NotAllowed`, `NotFound`."""
    member = within_reach(connection, by, login)
    connection.execute(update(staff).where(staff.c.id == member.id).values(**values))
    end_sessions(connection, member.id, now)
    note_account(connection, what, member.id, by, now, more)


def move_account(
    connection: Connection, login: str, code: str, by: StaffMember | None, now: datetime
) -> None:
    """Give an account to another helpline. Raises `NotAllowed`, `NotFound`."""
    helpline = by_code(connection, code)
    if not reaches(by, helpline.id):
        raise NotFound("there is no such helpline")
    change_account(
        connection, login, {"helpline_id": helpline.id}, "helpline_set", by, now, f"helpline={code}"
    )


def change_own(
    connection: Connection, member: StaffMember, values: dict[str, Any], what: str, now: datetime
) -> None:
    """Change one's own account and end its sessions."""
    if values:
        connection.execute(update(staff).where(staff.c.id == member.id).values(**values))
    end_sessions(connection, member.id, now)
    note_account(connection, what, member.id, member, now)


def all_accounts(connection: Connection, by: StaffMember) -> Sequence[Account]:
    """All accounts within reach of an administrator."""
    query = select(*MEMBER, staff.c.active, staff.c.totp_step).select_from(WHOSE).order_by(staff.c.login)
    return [
        Account(member_of(row), row.active, row.totp_step is not None)
        for row in connection.execute(query)
        if reaches(by, row.helpline_id)
    ]


def active_members(connection: Connection) -> Sequence[StaffMember]:
    """All active accounts by login."""
    query = select(*MEMBER).select_from(WHOSE).where(staff.c.active).order_by(staff.c.login)
    return [member_of(row) for row in connection.execute(query)]


def password_of(connection: Connection, login: str) -> tuple[StaffMember, str] | None:
    """An active account with its password's hash."""
    query = select(*MEMBER, staff.c.password).select_from(WHOSE)
    row = connection.execute(query.where(staff.c.login == login, staff.c.active)).one_or_none()
    return None if row is None else (member_of(row), row.password)


def bound_account(connection: Connection, key: bytes, login: str, now: datetime) -> StaffMember | None:
    """The active account bound to a provider's subject, or the unbound one of ``login``, bound from now on."""
    query = select(*MEMBER).select_from(WHOSE).where(staff.c.active)
    bound = connection.execute(query.where(staff.c.oidc_subject == key)).one_or_none()
    if bound is not None:
        return member_of(bound)
    mine = update(staff).where(
        staff.c.login == login, staff.c.active, staff.c.oidc_subject.is_(None), staff.c.login != ""
    )
    found = connection.execute(mine.values(oidc_subject=key).returning(staff.c.id)).scalar_one_or_none()
    if found is None:
        return None
    member = member_of(connection.execute(query.where(staff.c.id == found)).one())
    note_account(connection, "provider_bound", member.id, member, now)
    return member
