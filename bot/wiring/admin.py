"""What an operator does by command: accounts, upgrade, purge, numbers."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.helpline import Store
from bot.helpline.staff import StaffMember
from bot.settings import Settings
from bot.wiring.parts import load_library, open_database

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


async def add_staff(settings: Settings, name: str, shown: str, password: str) -> str:
    """Add an account; its password, made here where none was given. Raises `Conflict` on a taken name."""
    password = password or secrets.token_urlsafe(PASSWORD_BYTES)
    async with opened(settings) as store:
        await store.staff.add(name, shown, password)
    return password


async def list_staff(settings: Settings) -> Sequence[StaffMember]:
    async with opened(settings) as store:
        return await store.staff.all()


async def disable_staff(settings: Settings, name: str) -> None:
    """Raises `NotFound` where there is no such account."""
    async with opened(settings) as store:
        await store.staff.disable(name)


async def upgrade(settings: Settings) -> str:
    """The revision the database is at now; opening it brings it there."""
    async with opened(settings) as store:
        return await store.revision()


async def purge(settings: Settings) -> dict[str, int]:
    """How many rows of each kind were deleted."""
    async with opened(settings) as store:
        return dict(await store.retention.purge(SystemClock().now()))


async def numbers(settings: Settings) -> dict[str, Any]:
    """The numbers of the system page."""
    async with opened(settings) as store:
        return asdict(await store.stats.numbers())
