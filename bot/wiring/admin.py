"""What an operator does by command: accounts, upgrade, purge, numbers."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import Any, cast

from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.core.ports import Renderer
from bot.core.taxonomy import Priority
from bot.errors import AccountError
from bot.helpline import Store
from bot.helpline.audit import Verdict
from bot.helpline.staff import StaffMember
from bot.helpline.tokens import ApiToken
from bot.settings import Settings
from bot.wiring.parts import Progress, load_library, open_database

PASSWORD_BYTES = 12


class _LateBook:
    """The phrasebook, read when somebody asks for words: commands about accounts and keys never do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __getattr__(self, name: str) -> Any:
        return getattr(Phrasebook(load_library(self._settings).responses), name)


@asynccontextmanager
async def opened(settings: Settings, *, words: bool = False) -> AsyncIterator[Store]:
    """The store alone, brought up to date; with ``words`` the content is read, and so checked, at once."""
    book: Renderer = cast(Renderer, _LateBook(settings))
    if words:
        book = Phrasebook(load_library(settings).responses)
    store = await open_database(settings, SystemClock(), book)
    try:
        yield store
    finally:
        await store.close()


async def add_staff(
    settings: Settings, login: str, shown: str, password: str, role: str, helpline: str
) -> str:
    """Add an account; its password, made here where none was given.

    Raises `Conflict` on a taken name, `NotFound` without such a helpline, `AccountError` where name, role
    or password are not acceptable.
    """
    password = password or secrets.token_urlsafe(PASSWORD_BYTES)
    async with opened(settings) as store:
        with acceptable():
            await store.staff.add(login, shown, password, role, helpline)
    return password


async def list_staff(settings: Settings) -> Sequence[StaffMember]:
    """The active accounts."""
    async with opened(settings) as store:
        return await store.staff.members()


async def set_staff(settings: Settings, login: str, *, active: bool | None = None, role: str = "") -> None:
    """Lock, unlock or change the role; its sessions end. Raises `NotFound`, `AccountError`."""
    async with opened(settings) as store:
        with acceptable():
            if active is not None:
                await store.staff.set_active(login, active)
            if role:
                await store.staff.set_role(login, role)


async def reset_staff(settings: Settings, login: str, password: str | None) -> str:
    """Take one-time codes away; a new password, made here where it is empty, kept where it is None.

    Raises `NotFound`, `AccountError`.
    """
    async with opened(settings) as store:
        await store.staff.second_factor.reset(login)
        if password is None:
            return ""
        password = password or secrets.token_urlsafe(PASSWORD_BYTES)
        with acceptable():
            await store.staff.set_password(login, password)
        return password


async def make_token(settings: Settings, login: str, label: str, scopes: Sequence[str], days: int) -> str:
    """An access token for the API. Raises `NotFound`, `AccountError`."""
    async with opened(settings) as store:
        with acceptable():
            return await store.tokens.make(login, label, scopes, days)


async def list_tokens(settings: Settings) -> Sequence[ApiToken]:
    """The access tokens that work."""
    async with opened(settings) as store:
        return await store.tokens.all()


async def revoke_token(settings: Settings, number: int) -> None:
    """End an access token. Raises `NotFound`."""
    async with opened(settings) as store:
        await store.tokens.revoke(number)


@contextmanager
def acceptable() -> Iterator[None]:
    """What the store will not accept becomes an `AccountError`, which the command shows."""
    try:
        yield
    except ValueError as error:
        raise AccountError(str(error)) from error


async def upgrade(settings: Settings) -> None:
    """Opening the database brings it to this version."""
    async with opened(settings, words=True):
        pass


async def purge(settings: Settings) -> dict[str, int]:
    """How many rows of each kind lost their text or went."""
    async with opened(settings) as store:
        return asdict(await store.retention.purge(SystemClock().now()))


async def numbers(settings: Settings) -> dict[str, Any]:
    """The numbers of the system page."""
    async with opened(settings, words=True) as store:
        found = asdict(await store.stats.numbers())
        found["counted_in_30_days"] = dict(await store.stats.counted())
    found["cases_open"] = {Priority(rank).name.lower(): n for rank, n in found["cases_open"].items()}
    return found


async def verify_audit(settings: Settings, expected: str, progress: Progress) -> Verdict:
    """Check the audit trail. Raises `AccountError` where the noted head is malformed."""
    async with opened(settings) as store:
        with acceptable():
            return await store.audit.verify(expected, progress)
