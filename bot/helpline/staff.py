"""Staff accounts, their passwords, and sessions that the server can end.

Passwords are kept as argon2id hashes (RFC 9106, the library's defaults), session tokens as SHA-256 of
256 random bits. Failed sign-ins are counted for the account from one address, for the account and for
the address, so that neither guessing nor locking somebody out is cheap.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import argon2
from sqlalchemy import Connection, delete, func, insert, select, update

from bot.core.access import Permission, Role, allowed
from bot.core.helplines import DEFAULT
from bot.core.ports import Clock
from bot.errors import Conflict, NotAllowed, NotFound, SignInRefused, TooManyTries
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.helplines import by_code
from bot.helpline.presence import staff_at_work, working_since
from bot.helpline.tables import helplines, sign_in_failures, staff, staff_sessions

ROLES = tuple(role.value for role in Role)
SESSION_LENGTH = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=1)
WINDOW = timedelta(minutes=15)
"""Failures older than this are forgiven."""

LIMIT_PAIR = 5
LIMIT_ACCOUNT = 30
LIMIT_ADDRESS = 30
SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200
_LONGEST_LOGIN = 80
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_SEEN_STEP = timedelta(minutes=1)


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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the secret for the browser's cookie, and whose it is."""

    token: str
    member: StaffMember


class StaffAccounts:
    """Accounts and sessions.

    Args:
        hasher: argon2id with other costs than the library's, for small machines.
    """

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, hasher: argon2.PasswordHasher | None = None
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._hasher = hasher or argon2.PasswordHasher()
        self._nobody = ""

    async def add(
        self, login: str, name: str, password: str, role: str = "counsellor", helpline: str = DEFAULT
    ) -> StaffMember:
        """Make an account with a helpline, named by its code.

        Raises:
            Conflict: the login is taken.
            NotFound: there is no such helpline.
            ValueError: login, name, role or password are not acceptable; the text says which.
        """
        row = {
            "login": _checked_login(login),
            "name": _checked_name(name),
            "role": _checked_role(role),
            "password": await self._hashed(password),
            "active": True,
            "created_at": self._clock.now(),
        }
        return await self._database.run(_add, row, helpline)

    async def set_password(self, login: str, password: str) -> None:
        """Change a password and end the account's sessions. Raises `NotFound` and ValueError."""
        hashed = await self._hashed(password)
        await self._database.run(_change, login.lower(), {"password": hashed}, self._clock.now())

    async def set_active(self, login: str, active: bool) -> None:
        """Lock an account (its sessions end) or unlock it. Raises `NotFound`."""
        await self._database.run(_change, login.lower(), {"active": active}, self._clock.now())

    async def members(self) -> Sequence[StaffMember]:
        """All active accounts by login."""
        return await self._database.read(_members)

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Open a session. ``address`` is the network address of the browser.

        Raises:
            SignInRefused: no such account, or the password is wrong; which of both is not told.
            TooManyTries: five failures for this account from this address in 15 minutes, or thirty
                for the account or the address alone.
        """
        login, now = login.lower()[:_LONGEST_LOGIN], self._clock.now()
        subjects = {
            self._keyring.subject_key(f"pair:{login}:{address}"): LIMIT_PAIR,
            self._keyring.subject_key(f"login:{login}"): LIMIT_ACCOUNT,
            self._keyring.subject_key(f"address:{address}"): LIMIT_ADDRESS,
        }
        # Counted as failed before it is tried: tries at the same moment must not pass together.
        await self._database.run(_count_try, subjects, now)
        known = _LOGIN.fullmatch(login) is not None
        found = await self._database.read(_password_of, login) if known else None
        hashed = await self._nobodys_hash() if found is None else found[1]
        if not await self._fits(hashed, password) or found is None:
            raise SignInRefused
        token = secrets.token_urlsafe(32)
        row = {
            "staff_id": found[0].id,
            "token_hash": _token_hash(token),
            "created_at": now,
            "seen_at": now,
            "expires_at": now + SESSION_LENGTH,
        }
        renewed = await self._renewed(hashed, password)
        await self._database.run(_open_session, row, list(subjects), renewed)
        return SignedIn(token, found[0])

    async def session(self, token: str, *, touch: bool = True) -> StaffMember | None:
        """Whose session this is, or None. It then counts as used now, unless ``touch`` is false.

        What an open page asks by itself must not touch: nobody need sit before it.
        """
        now = self._clock.now()
        found = await self._database.read(_session, _token_hash(token), now)
        if found is None:
            return None
        session_id, seen_at, member = found
        if touch and now - seen_at >= _SEEN_STEP:
            await self._database.run(_touch_session, session_id, now)
        return member

    async def sign_out(self, token: str) -> None:
        """End a session; an unknown one is no error."""
        await self._database.run(_end_session, _token_hash(token), self._clock.now())

    async def on_duty(self) -> bool:
        """Whether somebody used the console within ten minutes and has not signed out."""
        return await self._database.read(_on_duty, self._clock.now())

    async def _nobodys_hash(self) -> str:
        """Something to try a password on, so that an unknown account takes as long as a known one."""
        if not self._nobody:
            self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_urlsafe())
        return self._nobody

    async def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise ValueError(f"a password has {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters")
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _fits(self, hashed: str, password: str) -> bool:
        if len(password) > _LONGEST_PASSWORD:
            return False
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    async def _renewed(self, hashed: str, password: str) -> str | None:
        """The password hashed anew where its costs are no longer those of today."""
        if not self._hasher.check_needs_rehash(hashed):
            return None
        return await asyncio.to_thread(self._hasher.hash, password)


def _checked_login(login: str) -> str:
    if not _LOGIN.fullmatch(login.lower()):
        raise ValueError("a login has 2 to 80 letters, digits or . _ @ -")
    return login.lower()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise ValueError("a name has 1 to 80 printable characters")
    return name


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"a role is one of: {', '.join(ROLES)}")
    return role


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


_MEMBER = (
    staff.c.id,
    staff.c.login,
    staff.c.name,
    staff.c.role,
    staff.c.helpline_id,
    helplines.c.code.label("helpline"),
)
_WHOSE = staff.outerjoin(helplines, helplines.c.id == staff.c.helpline_id)


def _member(row: Any) -> StaffMember:
    return StaffMember(row.id, row.login, row.name, row.role, row.helpline_id, row.helpline or "")


def _add(connection: Connection, row: dict[str, Any], code: str) -> StaffMember:
    if connection.execute(select(staff.c.id).where(staff.c.login == row["login"])).one_or_none() is not None:
        raise Conflict("this login is taken")
    helpline = by_code(connection, code)
    row = {**row, "helpline_id": helpline.id}
    new_id = connection.execute(insert(staff).returning(staff.c.id), row).scalar_one()
    return StaffMember(new_id, row["login"], row["name"], row["role"], helpline.id, helpline.code)


def _change(connection: Connection, login: str, values: dict[str, Any], now: datetime) -> None:
    changed = update(staff).where(staff.c.login == login).values(**values).returning(staff.c.id)
    staff_id = connection.execute(changed).scalar_one_or_none()
    if staff_id is None:
        raise NotFound("there is no such account")
    running = (staff_sessions.c.staff_id == staff_id, staff_sessions.c.ended_at.is_(None))
    connection.execute(update(staff_sessions).where(*running).values(ended_at=now))


def _members(connection: Connection) -> Sequence[StaffMember]:
    query = select(*_MEMBER).select_from(_WHOSE).where(staff.c.active).order_by(staff.c.login)
    return [_member(row) for row in connection.execute(query)]


def _count_try(connection: Connection, subjects: dict[bytes, int], now: datetime) -> None:
    query = (
        select(sign_in_failures.c.subject, func.count())
        .where(sign_in_failures.c.subject.in_(list(subjects)), sign_in_failures.c.at > now - WINDOW)
        .group_by(sign_in_failures.c.subject)
    )
    for subject, count in connection.execute(query):
        if count >= subjects[subject]:
            raise TooManyTries
    connection.execute(insert(sign_in_failures), [{"subject": subject, "at": now} for subject in subjects])


def _password_of(connection: Connection, login: str) -> tuple[StaffMember, str] | None:
    query = select(*_MEMBER, staff.c.password).select_from(_WHOSE)
    row = connection.execute(query.where(staff.c.login == login, staff.c.active)).one_or_none()
    return None if row is None else (_member(row), row.password)


def _open_session(
    connection: Connection, row: dict[str, Any], subjects: Sequence[bytes], password: str | None
) -> None:
    connection.execute(insert(staff_sessions), row)
    # The address keeps its count: whoever guesses from it gains nothing by an account of their own.
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.subject == subjects[0]))
    if password is not None:
        connection.execute(update(staff).where(staff.c.id == row["staff_id"]).values(password=password))


def _session(
    connection: Connection, token_hash: bytes, now: datetime
) -> tuple[int, datetime, StaffMember] | None:
    query = (
        select(staff_sessions.c.id.label("session_id"), staff_sessions.c.seen_at, *_MEMBER)
        .select_from(staff_sessions.join(_WHOSE, staff.c.id == staff_sessions.c.staff_id))
        .where(
            staff_sessions.c.token_hash == token_hash,
            staff_sessions.c.ended_at.is_(None),
            staff_sessions.c.expires_at > now,
            staff_sessions.c.seen_at > now - SESSION_IDLE,
            staff.c.active,
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return row.session_id, row.seen_at, _member(row)


def _touch_session(connection: Connection, session_id: int, now: datetime) -> None:
    mine = update(staff_sessions).where(staff_sessions.c.id == session_id)
    connection.execute(mine.values(seen_at=now))


def _end_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    mine = update(staff_sessions).where(
        staff_sessions.c.token_hash == token_hash, staff_sessions.c.ended_at.is_(None)
    )
    connection.execute(mine.values(ended_at=now))


def _on_duty(connection: Connection, now: datetime) -> bool:
    bound = {"now": now, "working_since": working_since(now)}
    return bool(connection.execute(select(staff_at_work()), bound).scalar())
