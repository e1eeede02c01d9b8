"""One-time codes (TOTP, RFC 6238, as pyotp makes them) and the recovery codes for a lost telephone.

A code counts once: the number of the last time step is kept, and no older one is taken. Recovery codes
are kept as keyed hashes; each works once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy import Connection, delete, func, insert, select, update

from bot.core.ports import Clock
from bot.errors import NotFound, SignInRefused
from bot.helpline import places
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.limits import Limits, count_try
from bot.helpline.members import (
    MEMBER,
    WHOSE,
    StaffMember,
    end_sessions,
    member_of,
    note_account,
    token_hash,
    within_reach,
)
from bot.helpline.tables import recovery_codes, sign_in_failures, staff, staff_sessions

STEP = 30
"""Seconds a code lives; the one before and the one after are taken too, for clocks that go wrong."""

PENDING = timedelta(minutes=10)
"""How long one may take between password and code."""

RECOVERY_CODES = 10
LIMIT_CODES = 10
ISSUER = "Amparo"
_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"


@dataclass(frozen=True, slots=True)
class Pending:
    """A session that is not whole yet. ``stage``: code (give one) or enrol (set up codes first)."""

    member: StaffMember
    stage: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What goes into the app on the telephone: the address for the picture, and the secret to type."""

    uri: str
    secret: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A session made whole, under a new token; ``codes`` are new recovery codes, shown only now."""

    token: str
    member: StaffMember
    codes: tuple[str, ...] = ()


class SecondFactor:
    """Codes beside the password."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def pending(self, token: str) -> Pending | None:
        """The unfinished sign-in that a token stands for, or None."""
        return await self._database.read(_pending, token_hash(token), self._clock.now())

    async def enrolment(self, member: StaffMember) -> Enrolment:
        """A secret for an account that has none yet; the same again until it is confirmed.

        Raises `NotFound` where codes are set up already.
        """
        secret = await self._database.run(_enrolment, self._keyring, member)
        uri = pyotp.TOTP(secret).provisioning_uri(name=member.login, issuer_name=ISSUER)
        return Enrolment(uri, secret)

    async def confirm(self, member: StaffMember, token: str, code: str) -> Passed:
        """Set codes up, proven by one of them. Raises `SignInRefused`, `TooManyTries`, `NotFound`."""
        await self._count(member)
        fresh, codes = secrets.token_urlsafe(32), new_codes()
        await self._database.run(_confirm, self._keyring, member, code, codes, self._clock.now())
        await self._database.run(_whole, member, token_hash(token), token_hash(fresh), self._clock.now())
        await self._forgive(member)
        return Passed(fresh, member, codes)

    async def check(self, member: StaffMember, token: str, code: str) -> Passed:
        """Finish a sign-in with a code or a recovery code. Raises `SignInRefused`, `TooManyTries`."""
        await self._count(member)
        fresh = secrets.token_urlsafe(32)
        await self._database.run(_use, self._keyring, member, code, self._clock.now())
        await self._database.run(_whole, member, token_hash(token), token_hash(fresh), self._clock.now())
        await self._forgive(member)
        return Passed(fresh, member)

    async def renew_codes(self, member: StaffMember, code: str) -> tuple[str, ...]:
        """New recovery codes in place of the old ones, for a code. Raises like `check`."""
        await self._count(member)
        codes = new_codes()
        await self._database.run(_renew, self._keyring, member, code, codes, self._clock.now())
        await self._forgive(member)
        return codes

    async def state(self, member: StaffMember) -> tuple[bool, int]:
        """Whether an account has codes set up, and how many recovery codes are left."""
        return await self._database.read(_state, member.id)

    async def reset(self, login: str, by: StaffMember | None = None) -> None:
        """Take an account's codes away, as after a lost telephone; its sessions end.

        The next sign-in sets up new ones. Raises `NotAllowed`, `NotFound`.
        """
        await self._database.run(_reset, login, by, self._clock.now())

    async def _count(self, member: StaffMember) -> None:
        """Counted as failed before it is tried, as passwords are."""
        await self._database.run(count_try, self._limits(member), self._clock.now())

    async def _forgive(self, member: StaffMember) -> None:
        await self._database.run(_forgive, list(self._limits(member)))

    def _limits(self, member: StaffMember) -> Limits:
        return {self._keyring.subject_key(f"code:{member.id}"): LIMIT_CODES}


def new_codes() -> tuple[str, ...]:
    """Recovery codes, each one of 27^10."""
    return tuple(
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    )


def fitting_step(secret: str, code: str, now: datetime, last: int | None) -> int | None:
    """The time step a code belongs to; None where it fits none, or only one that is used up."""
    if len(code) != 6:
        return None
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    for step in (current - 1, current, current + 1):
        fits = hmac.compare_digest(totp.generate_otp(step), code)
        if fits and (last is None or step > last):
            return step
    return None


def _pending(connection: Connection, hashed: bytes, now: datetime) -> Pending | None:
    query = (
        select(staff_sessions.c.stage, *MEMBER)
        .select_from(staff_sessions.join(WHOSE, staff.c.id == staff_sessions.c.staff_id))
        .where(
            staff_sessions.c.token_hash == hashed,
            staff_sessions.c.stage != "full",
            staff_sessions.c.ended_at.is_(None),
            staff_sessions.c.created_at > now - PENDING,
            staff.c.active,
        )
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Pending(member_of(row), row.stage)


def _enrolment(connection: Connection, keyring: Keyring, member: StaffMember) -> str:
    row = _locked(connection, member.id)
    if row.totp_step is not None:
        raise NotFound("codes are set up already")
    if row.totp is not None:
        kept: str = keyring.decrypt(row.totp, places.staff_totp(member.id))
        return kept
    secret = pyotp.random_base32()
    sealed = keyring.encrypt(secret, places.staff_totp(member.id))
    connection.execute(update(staff).where(staff.c.id == member.id).values(totp=sealed))
    return secret


def _confirm(
    connection: Connection,
    keyring: Keyring,
    member: StaffMember,
    code: str,
    codes: Sequence[str],
    now: datetime,
) -> None:
    row = _locked(connection, member.id)
    if row.totp is None or row.totp_step is not None:
        raise NotFound("there is nothing to set up")
    secret = keyring.decrypt(row.totp, places.staff_totp(member.id))
    step = fitting_step(secret, _digits(code), now, None)
    if step is None:
        raise SignInRefused
    connection.execute(update(staff).where(staff.c.id == member.id).values(totp_step=step))
    _keep_codes(connection, keyring, member, codes)
    note_account(connection, "second_factor_set", member.id, member, now)


def _use(connection: Connection, keyring: Keyring, member: StaffMember, code: str, now: datetime) -> None:
    """Use up a code. Raises `SignInRefused`."""
    row = _locked(connection, member.id)
    if row.totp is None or row.totp_step is None:
        raise SignInRefused
    secret = keyring.decrypt(row.totp, places.staff_totp(member.id))
    step = fitting_step(secret, _digits(code), now, row.totp_step)
    if step is not None:
        connection.execute(update(staff).where(staff.c.id == member.id).values(totp_step=step))
        return
    spent = delete(recovery_codes).where(
        recovery_codes.c.staff_id == member.id, recovery_codes.c.code == _hashed(keyring, member, code)
    )
    if connection.execute(spent).rowcount != 1:
        raise SignInRefused
    note_account(connection, "recovery_code_used", member.id, member, now)


def _renew(
    connection: Connection,
    keyring: Keyring,
    member: StaffMember,
    code: str,
    codes: Sequence[str],
    now: datetime,
) -> None:
    _use(connection, keyring, member, code, now)
    _keep_codes(connection, keyring, member, codes)
    note_account(connection, "recovery_codes_renewed", member.id, member, now)


def _keep_codes(connection: Connection, keyring: Keyring, member: StaffMember, codes: Sequence[str]) -> None:
    connection.execute(delete(recovery_codes).where(recovery_codes.c.staff_id == member.id))
    rows = [{"staff_id": member.id, "code": _hashed(keyring, member, code)} for code in codes]
    connection.execute(insert(recovery_codes), rows)


def _whole(connection: Connection, member: StaffMember, old: bytes, new: bytes, now: datetime) -> None:
    """The session counts in full from here, under another token: the one of before was half proven."""
    mine = update(staff_sessions).where(
        staff_sessions.c.token_hash == old,
        staff_sessions.c.staff_id == member.id,
        staff_sessions.c.ended_at.is_(None),
    )
    if connection.execute(mine.values(token_hash=new, stage="full", seen_at=now)).rowcount != 1:
        raise SignInRefused
    note_account(connection, "signed_in", member.id, member, now)


def _state(connection: Connection, staff_id: int) -> tuple[bool, int]:
    left = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.staff_id == staff_id)
    set_up = select(staff.c.totp_step.is_not(None)).where(staff.c.id == staff_id)
    return bool(connection.execute(set_up).scalar()), connection.execute(left).scalar_one()


def _reset(connection: Connection, login: str, by: StaffMember | None, now: datetime) -> None:
    member = within_reach(connection, by, login)
    connection.execute(
        update(staff).where(staff.c.id == member.id).values(totp=None, totp_step=None, oidc_subject=None)
    )
    connection.execute(delete(recovery_codes).where(recovery_codes.c.staff_id == member.id))
    end_sessions(connection, member.id, now)
    note_account(connection, "second_factor_reset", member.id, by, now)


def _forgive(connection: Connection, subjects: Sequence[bytes]) -> None:
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.subject.in_(subjects)))


def _locked(connection: Connection, staff_id: int) -> Any:
    query = select(staff.c.totp, staff.c.totp_step).where(staff.c.id == staff_id)
    return connection.execute(query.with_for_update(key_share=True)).one()


def _digits(code: str) -> str:
    return "".join(c for c in code[:40] if c in "0123456789")[:10]


def _hashed(keyring: Keyring, member: StaffMember, code: str) -> bytes:
    plain = "".join(c for c in code[:40].upper() if c in _LETTERS)
    return keyring.subject_key(f"recovery:{member.id}:{plain}")
