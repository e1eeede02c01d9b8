"""Sessions of staff in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bot.errors import NotFound
from bot.helpline import trail
from bot.helpline.members import MEMBER, WHOSE, StaffMember, member_of, note_account
from bot.helpline.presence import staff_at_work, working_since
from bot.helpline.tables import sign_in_failures, staff, staff_sessions

SESSION_LENGTH = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A running session of one's own; ``this``: the one that asks."""

    id: int
    created_at: datetime
    seen_at: datetime
    this: bool


def open_session(
    connection: Connection,
    row: dict[str, Any],
    subjects: Sequence[bytes],
    password: str | None,
    member: StaffMember,
) -> None:
    """Keep a new session; the account's own mistakes are forgiven."""
    connection.execute(insert(staff_sessions), row)
    if row["stage"] == "full":
        note_account(connection, "signed_in", member.id, member, row["created_at"])
    # The address keeps its count: whoever guesses from it gains nothing by an account of their own.
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.subject.in_(subjects[:1])))
    if password is not None:
        connection.execute(update(staff).where(staff.c.id == row["staff_id"]).values(password=password))


def session_of(
    connection: Connection, hashed: bytes, now: datetime
) -> tuple[int, datetime, StaffMember] | None:
    """Id, last use and owner of a running whole session."""
    query = (
        select(staff_sessions.c.id.label("session_id"), staff_sessions.c.seen_at, *MEMBER)
        .select_from(staff_sessions.join(WHOSE, staff.c.id == staff_sessions.c.staff_id))
        .where(
            staff_sessions.c.token_hash == hashed,
            staff_sessions.c.stage == "full",
            staff_sessions.c.ended_at.is_(None),
            staff_sessions.c.expires_at > now,
            staff_sessions.c.seen_at > now - SESSION_IDLE,
            staff.c.active,
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return row.session_id, row.seen_at, member_of(row)


def touch_session(connection: Connection, session_id: int, now: datetime) -> None:
    """Note that a session is used."""
    mine = update(staff_sessions).where(staff_sessions.c.id == session_id)
    connection.execute(mine.values(seen_at=now))


def end_session(connection: Connection, hashed: bytes, now: datetime) -> None:
    """End the session of a token."""
    mine = update(staff_sessions).where(
        staff_sessions.c.token_hash == hashed, staff_sessions.c.ended_at.is_(None)
    )
    ended = connection.execute(mine.values(ended_at=now).returning(staff_sessions.c.staff_id)).scalar()
    if ended is not None:
        entry = trail.Entry(now, None, ended, "signed_out", f"account={ended}")
        trail.note(connection, entry)


def running_sessions(
    connection: Connection, member: StaffMember, hashed: bytes, now: datetime
) -> Sequence[OwnSession]:
    """An account's running sessions, the one used last first."""
    query = select(staff_sessions).where(
        staff_sessions.c.staff_id == member.id,
        staff_sessions.c.ended_at.is_(None),
        staff_sessions.c.expires_at > now,
        staff_sessions.c.seen_at > now - SESSION_IDLE,
    )
    return [
        OwnSession(row.id, row.created_at, row.seen_at, row.token_hash == hashed)
        for row in connection.execute(query.order_by(staff_sessions.c.seen_at.desc(), staff_sessions.c.id))
    ]


def end_one(connection: Connection, member: StaffMember, session_id: int, now: datetime) -> None:
    """End one session of an account. Raises `NotFound` for any other."""
    mine = update(staff_sessions).where(
        staff_sessions.c.id == session_id,
        staff_sessions.c.staff_id == member.id,
        staff_sessions.c.ended_at.is_(None),
    )
    if connection.execute(mine.values(ended_at=now)).rowcount != 1:
        raise NotFound("there is no such session")
    note_account(connection, "session_ended", member.id, member, now)


def on_duty(connection: Connection, now: datetime) -> bool:
    """Whether somebody is at work."""
    bound = {"now": now, "working_since": working_since(now)}
    return bool(connection.execute(select(staff_at_work()), bound).scalar())
