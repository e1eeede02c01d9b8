"""What an operator does by command: accounts, upgrade, purge, numbers."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.core.taxonomy import Priority
from bot.errors import AccountError
from bot.helpline import Store
from bot.helpline.audit import Verdict
from bot.helpline.staff import StaffMember
from bot.settings import Settings
from bot.wiring.parts import Progress, load_library, open_database

PASSWORD_BYTES = 12


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store alone, brought up to date."""
    phrasebook = Phrasebook(load_library(settings).responses)
    store = await open_database(settings, SystemClock(), phrasebook)
    try:
        yield store
    finally:
        await store.close()


async def add_staff(settings: Settings, login: str, shown: str, password: str) -> str:
    """Add an account; its password, made here where none was given.

    Raises `Conflict` on a taken name, `AccountError` where name or password are not acceptable.
    """
    password = password or secrets.token_urlsafe(PASSWORD_BYTES)
    async with opened(settings) as store:
        try:
            await store.staff.add(login, shown, password)
        except ValueError as error:
            raise AccountError(str(error)) from error
    return password


async def list_staff(settings: Settings) -> Sequence[StaffMember]:
    """The active accounts."""
    async with opened(settings) as store:
        return await store.staff.members()


async def disable_staff(settings: Settings, login: str) -> None:
    """Lock an account and end its sessions. Raises `NotFound` where there is no such account."""
    async with opened(settings) as store:
        await store.staff.set_active(login, False)


async def upgrade(settings: Settings) -> None:
    """Opening the database brings it to this version."""
    async with opened(settings):
        pass


async def purge(settings: Settings) -> dict[str, int]:
    """How many rows of each kind lost their text or went."""
    async with opened(settings) as store:
        return asdict(await store.retention.purge(SystemClock().now()))


async def numbers(settings: Settings) -> dict[str, Any]:
    """The numbers of the system page."""
    async with opened(settings) as store:
        found = asdict(await store.stats.numbers())
    found["cases_open"] = {Priority(rank).name.lower(): n for rank, n in found["cases_open"].items()}
    return found


async def verify_audit(settings: Settings, expected: str, progress: Progress) -> Verdict:
    """Check the audit trail. Raises `AccountError` where the noted head is malformed."""
    async with opened(settings) as store:
        try:
            return await store.audit.verify(expected, progress)
        except ValueError as error:
            raise AccountError(str(error)) from error
