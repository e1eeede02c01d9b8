"""The store on SQLite and on PostgreSQL: every test here runs on both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.helpline import Store, open_store
from bot.helpline.crypto import Keyring
from bot.helpline.service import HelplineService, StaffMember
from bot.helpline.staff import StaffAccounts
from tests.clock import FixedClock
from tests.conftest import KEY, PEPPER
from tests.contract.world import CHEAP, KeyRenderer, World


@pytest.fixture
async def store(database_url: str, fixed_clock: FixedClock) -> AsyncIterator[Store]:
    store = await open_store(
        database_url, keys=[KEY], pepper=PEPPER, clock=fixed_clock, renderer=KeyRenderer()
    )
    yield store
    await store.close()


@pytest.fixture
async def world(store: Store, fixed_clock: FixedClock, keyring: Keyring) -> World:
    accounts = StaffAccounts(store.database, keyring, fixed_clock, CHEAP, waive_codes=True)
    return World(store, fixed_clock, accounts)


@pytest.fixture
def service(world: World) -> HelplineService:
    return world.store.service


@pytest.fixture
async def ana(world: World) -> StaffMember:
    return await world.staff("ana", "Ana")


@pytest.fixture
async def ben(world: World) -> StaffMember:
    return await world.staff("ben", "Ben")
