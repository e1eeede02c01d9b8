"""Staff accounts, their passwords, and sessions that the server can end.

Passwords are kept as argon2id hashes (RFC 9106, the library's defaults), session tokens as SHA-256 of
256 random bits. Failed sign-ins are counted for the account from one address, for the account and for
the address, so that neither guessing nor locking somebody out is cheap.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import argon2

from bot.core.access import Permission, Role
from bot.core.helplines import DEFAULT
from bot.core.ports import Clock
from bot.errors import SignInRefused, WrongField
from bot.helpline import accounts, sessions
from bot.helpline.accounts import Account
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.limits import WINDOW, Limits, count_try
from bot.helpline.members import StaffMember, needs, token_hash
from bot.helpline.second_factor import SecondFactor
from bot.helpline.sessions import SESSION_IDLE, SESSION_LENGTH, OwnSession

__all__ = [
    "ROLES",
    "SESSION_IDLE",
    "WINDOW",
    "Account",
    "OwnSession",
    "SignedIn",
    "StaffAccounts",
    "StaffMember",
    "needs",
]

ROLES = tuple(role.value for role in Role)
LIMIT_PAIR = 5
LIMIT_ACCOUNT = 30
LIMIT_ADDRESS = 30
SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200
_LONGEST_LOGIN = 80
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the secret for the browser's cookie, and whose it is.

    ``stage`` is full, or what is still to be given: code, or enrol (codes must be set up first).
    """

    token: str
    member: StaffMember
    stage: str


class StaffAccounts:
    """Accounts and sessions.

    Args:
        hasher: argon2id with other costs than the library's, for small machines.
        waive_codes: whoever has no one-time codes set up need not do so; for demonstrations only.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        hasher: argon2.PasswordHasher | None = None,
        *,
        waive_codes: bool = False,
    ) -> None:
        self.codes_waived = waive_codes
        self.second_factor = SecondFactor(database, keyring, clock)
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._hasher = hasher or argon2.PasswordHasher()
        self._nobody = ""

    async def add(
        self,
        login: str,
        name: str,
        password: str,
        role: str = "counsellor",
        helpline: str = DEFAULT,
        by: StaffMember | None = None,
    ) -> StaffMember:
        """Make an account with a helpline, named by its code; ``by`` whom, None at the command line.

        Raises:
            Conflict: the login is taken.
            NotFound: there is no such helpline, or ``by`` does not reach it.
            NotAllowed: ``by`` may not make accounts.
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
        return await self._database.run(accounts.add_account, row, helpline, by)

    async def set_password(self, login: str, password: str, by: StaffMember | None = None) -> None:
        """Change a password and end the account's sessions. Raises `NotAllowed`, `NotFound`, ValueError."""
        values = {"password": await self._hashed(password)}
        await self._database.run(
            accounts.change_account, login, values, "password_set", by, self._clock.now()
        )

    async def set_own_password(self, member: StaffMember, old: str, new: str, address: str) -> None:
        """Change one's own password, proven by the old one; all one's sessions end.

        Raises `SignInRefused`, `TooManyTries`, ValueError.
        """
        limits = self._limits(member.login, address)
        await self._database.run(count_try, limits, self._clock.now())
        found = await self._database.read(accounts.password_of, member.login)
        if found is None or not await self._fits(found[1], old):
            raise SignInRefused
        values = {"password": await self._hashed(new)}
        await self._database.run(accounts.change_own, member, values, "password_set", self._clock.now())

    async def set_active(self, login: str, active: bool, by: StaffMember | None = None) -> None:
        """Lock an account (its sessions end) or unlock it. Raises `NotAllowed`, `NotFound`."""
        what = "account_unlocked" if active else "account_locked"
        await self._database.run(
            accounts.change_account, login, {"active": active}, what, by, self._clock.now()
        )

    async def set_role(self, login: str, role: str, by: StaffMember | None = None) -> None:
        """Change a role; the account's sessions end. Raises `NotAllowed`, `NotFound`, ValueError."""
        values = {"role": _checked_role(role)}
        now, more = self._clock.now(), f"role={role}"
        await self._database.run(accounts.change_account, login, values, "role_set", by, now, more)

    async def set_helpline(self, login: str, code: str, by: StaffMember | None = None) -> None:
        """Move an account to another helpline; its sessions end. Raises `NotAllowed`, `NotFound`."""
        await self._database.run(accounts.move_account, login, code, by, self._clock.now())

    async def accounts(self, by: StaffMember) -> Sequence[Account]:
        """All accounts that ``by`` looks after, locked ones too, by login. Raises `NotAllowed`."""
        needs(by, Permission.STAFF_MANAGE)
        return await self._database.read(accounts.all_accounts, by)

    async def members(self) -> Sequence[StaffMember]:
        """All active accounts by login."""
        return await self._database.read(accounts.active_members)

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Open a session. ``address`` is the network address of the browser.

        Raises:
            SignInRefused: no such account, or the password is wrong; which of both is not told.
            TooManyTries: five failures for this account from this address in 15 minutes, or thirty
                for the account or the address alone.
        """
        login, now = login.lower()[:_LONGEST_LOGIN], self._clock.now()
        limits = self._limits(login, address)
        await self._database.run(count_try, limits, now)
        known = _LOGIN.fullmatch(login) is not None
        found = await self._database.read(accounts.password_of, login) if known else None
        hashed = await self._nobodys_hash() if found is None else found[1]
        if not await self._fits(hashed, password) or found is None:
            raise SignInRefused
        renewed = await self._renewed(hashed, password)
        return await self._opened(found[0], list(limits), renewed)

    async def sign_in_from(self, subject: str, email: str, *, second_factor_done: bool) -> SignedIn:
        """Open a session for whom a trusted provider vouches for (OpenID Connect).

        The first time, the account is found by the address the provider has verified, which must be its login, and
        is bound to ``subject``; from then on by that alone. Raises `SignInRefused` where there is none.
        """
        key = self._keyring.subject_key(f"oidc:{subject}")
        login = email.lower() if _LOGIN.fullmatch(email.lower()) else ""
        member = await self._database.run(accounts.bound_account, key, login, self._clock.now())
        if member is None:
            raise SignInRefused
        return await self._opened(member, (), None, whole=second_factor_done)

    async def _opened(
        self,
        member: StaffMember,
        subjects: Sequence[bytes],
        renewed: str | None,
        *,
        whole: bool = False,
    ) -> SignedIn:
        token, now = secrets.token_urlsafe(32), self._clock.now()
        set_up, _ = await self.second_factor.state(member)
        waived = whole or (self.codes_waived and not set_up)
        stage = "full" if waived else "code" if set_up else "enrol"
        row = {
            "staff_id": member.id,
            "token_hash": token_hash(token),
            "created_at": now,
            "seen_at": now,
            "expires_at": now + SESSION_LENGTH,
            "stage": stage,
        }
        await self._database.run(sessions.open_session, row, subjects, renewed, member)
        return SignedIn(token, member, stage)

    def _limits(self, login: str, address: str) -> Limits:
        return {
            self._keyring.subject_key(f"pair:{login}:{address}"): LIMIT_PAIR,
            self._keyring.subject_key(f"login:{login}"): LIMIT_ACCOUNT,
            self._keyring.subject_key(f"address:{address}"): LIMIT_ADDRESS,
        }

    async def session(self, token: str, *, touch: bool = True) -> StaffMember | None:
        """Whose session this is, or None; one whose code is still to be given is nobody's.

        It then counts as used now, unless ``touch`` is false.
        What an open page asks by itself must not touch: nobody need sit before it.
        """
        now = self._clock.now()
        found = await self._database.read(sessions.session_of, token_hash(token), now)
        if found is None:
            return None
        session_id, seen_at, member = found
        if touch and now - seen_at >= _SEEN_STEP:
            await self._database.run(sessions.touch_session, session_id, now)
        return member

    async def sign_out(self, token: str) -> None:
        """End a session; an unknown one is no error."""
        await self._database.run(sessions.end_session, token_hash(token), self._clock.now())

    async def sessions(self, member: StaffMember, token: str) -> Sequence[OwnSession]:
        """One's own running sessions, the one used last first."""
        return await self._database.read(
            sessions.running_sessions, member, token_hash(token), self._clock.now()
        )

    async def end_session(self, member: StaffMember, session_id: int) -> None:
        """End one of one's own sessions. Raises `NotFound` for any other."""
        await self._database.run(sessions.end_one, member, session_id, self._clock.now())

    async def sign_out_everywhere(self, member: StaffMember) -> None:
        """End all of one's own sessions, this one too."""
        await self._database.run(accounts.change_own, member, {}, "signed_out_everywhere", self._clock.now())

    async def on_duty(self) -> bool:
        """Whether somebody used the console within ten minutes and has not signed out."""
        return await self._database.read(sessions.on_duty, self._clock.now())

    async def _nobodys_hash(self) -> str:
        """Something to try a password on, so that an unknown account takes as long as a known one."""
        if not self._nobody:
            self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_urlsafe())
        return self._nobody

    async def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise WrongField(
                "password", f"a password has {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters"
            )
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
        raise WrongField("login", "a login has 2 to 80 letters, digits or . _ @ -")
    return login.lower()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise WrongField("name", "a name has 1 to 80 printable characters")
    return name


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise WrongField("role", f"a role is one of: {', '.join(ROLES)}")
    return role
