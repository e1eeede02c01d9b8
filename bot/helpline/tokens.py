"""Access tokens of programs: each acts as an account, within the scopes it was given.

A token is 256 random bits behind a prefix by which leaked ones are found; only its SHA-256 is kept. It ends
by its date, when it is revoked, and with its account.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.core.access import SCOPES, Permission
from bot.core.ports import Clock
from bot.errors import NotAllowed, NotFound
from bot.helpline.database import Database
from bot.helpline.members import (
    MEMBER,
    WHOSE,
    StaffMember,
    member_of,
    needs,
    note_account,
    reaches,
    token_hash,
    within_reach,
)
from bot.helpline.tables import api_tokens, staff

PREFIX = "amparo_"
LONGEST_DAYS = 366
_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks by a token: as whom, and for what it is good."""

    token_id: int
    member: StaffMember
    scopes: frozenset[str]

    def needs(self, scope: str) -> None:
        """Raises `NotAllowed` where the token lacks the scope."""
        if scope not in self.scopes:
            raise NotAllowed("the token lacks the scope " + scope)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as administrators see it: not the token itself."""

    id: int
    login: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ApiTokens:
    """Tokens for programs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def make(
        self, login: str, name: str, scopes: Sequence[str], days: int = 90, by: StaffMember | None = None
    ) -> str:
        """Make a token that acts as an account; it is shown only now.

        Raises `NotAllowed`, `NotFound`, and ValueError that says what is wrong.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= 80 or not name.isprintable():
            raise ValueError("a token's name has 1 to 80 printable characters")
        if not scopes or not set(scopes) <= set(SCOPES):
            raise ValueError(f"scopes are: {', '.join(SCOPES)}")
        if not 1 <= days <= LONGEST_DAYS:
            raise ValueError(f"a token lasts 1 to {LONGEST_DAYS} days")
        token, now = PREFIX + secrets.token_urlsafe(32), self._clock.now()
        row = {
            "name": name,
            "token_hash": token_hash(token),
            "scopes": tuple(dict.fromkeys(scopes)),
            "created_at": now,
            "expires_at": now + timedelta(days=days),
        }
        await self._database.run(_make, login, row, by, now)
        return token

    async def caller(self, token: str) -> Caller | None:
        """Whose token this is, or None."""
        if not token.startswith(PREFIX) or len(token) > 100:
            return None
        now = self._clock.now()
        found = await self._database.read(_caller, token_hash(token), now)
        if found is None:
            return None
        caller, used_at = found
        if used_at is None or now - used_at >= _USED_STEP:
            await self._database.run(_use, caller.token_id, now)
        return caller

    async def all(self, by: StaffMember | None = None) -> Sequence[ApiToken]:
        """Tokens that still work, of accounts that ``by`` looks after. Raises `NotAllowed`."""
        if by is not None:
            needs(by, Permission.TOKENS_MANAGE)
        return await self._database.read(_all, by, self._clock.now())

    async def revoke(self, token_id: int, by: StaffMember | None = None) -> None:
        """End a token at once. Raises `NotAllowed`, `NotFound`."""
        if by is not None:
            needs(by, Permission.TOKENS_MANAGE)
        await self._database.run(_revoke, token_id, by, self._clock.now())


def _make(
    connection: Connection, login: str, row: dict[str, Any], by: StaffMember | None, now: datetime
) -> None:
    if by is not None:
        needs(by, Permission.TOKENS_MANAGE)
    member = within_reach(connection, by, login)
    new = insert(api_tokens).returning(api_tokens.c.id)
    token_id = connection.execute(new, {**row, "staff_id": member.id}).scalar_one()
    note_account(connection, "token_made", member.id, by, now, f"token={token_id}")


def _working(now: datetime) -> tuple[Any, ...]:
    return (api_tokens.c.revoked_at.is_(None), api_tokens.c.expires_at > now, staff.c.active)


_JOINED = api_tokens.join(WHOSE, staff.c.id == api_tokens.c.staff_id)


def _caller(connection: Connection, hashed: bytes, now: datetime) -> tuple[Caller, datetime | None] | None:
    columns = (api_tokens.c.id.label("token_id"), api_tokens.c.scopes, api_tokens.c.used_at)
    query = select(*columns, *MEMBER).select_from(_JOINED)
    row = connection.execute(query.where(api_tokens.c.token_hash == hashed, *_working(now))).one_or_none()
    if row is None:
        return None
    return Caller(row.token_id, member_of(row), frozenset(row.scopes)), row.used_at


def _use(connection: Connection, token_id: int, now: datetime) -> None:
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=now))


def _all(connection: Connection, by: StaffMember | None, now: datetime) -> Sequence[ApiToken]:
    query = select(*api_tokens.c, staff.c.login, staff.c.helpline_id).select_from(_JOINED)
    rows = connection.execute(query.where(*_working(now)).order_by(api_tokens.c.id))
    return [
        ApiToken(r.id, r.login, r.name, r.scopes, r.created_at, r.expires_at, r.used_at)
        for r in rows
        if reaches(by, r.helpline_id)
    ]


def _revoke(connection: Connection, token_id: int, by: StaffMember | None, now: datetime) -> None:
    query = select(staff.c.id, staff.c.helpline_id).select_from(_JOINED).where(api_tokens.c.id == token_id)
    row = connection.execute(query.where(api_tokens.c.revoked_at.is_(None))).one_or_none()
    if row is None or not reaches(by, row.helpline_id):
        raise NotFound("there is no such token")
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=now))
    note_account(connection, "token_revoked", row.id, by, now, f"token={token_id}")
