"""Fifty people who take cases at the same moment, each over a connection of their own; PostgreSQL alone can."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import Connection, text

from bot.errors import Conflict
from bot.helpline import Store, open_store
from bot.helpline.service import Search, StaffMember
from tests.conftest import KEY, PEPPER
from tests.contract.world import BOT, KeyRenderer, World

CASES = 5_000
STAFF = 50
"""Every tenth searches and claims instead of taking the next, and so meets others on the same case."""

CHATS = """
INSERT INTO conversations (bot_id, chat_key, chat_id, version, unreachable, created_at, seen_at)
SELECT :bot, decode(lpad(to_hex(n), 32, '0'), 'hex'), '\\x00', 1, false, :now, :now
FROM generate_series(1, :count) AS n
"""
WAITING = """
INSERT INTO cases (reference, conversation_id, incident, state, rank, flags, intent, language, country, role,
  opened_at, due_at, last_at, version, helpline_id, promised, given, returned, alarm)
SELECT 'F' || lpad(id::text, 8, '0'), id, 1, 'new', -1 - (id % 3), 'violence', 'abuse/disclosure', 'es', 'cr',
  'parent', CAST(:now AS timestamptz), CAST(:now AS timestamptz) + id * interval '1 second',
  CAST(:now AS timestamptz), 1, 1, false, 3600, false, 0
FROM conversations
"""
FOUND = """
SELECT (SELECT count(*) FROM cases WHERE state = 'claimed' AND holder_id IS NOT NULL) AS claimed,
  (SELECT count(*) FROM cases WHERE state = 'new') AS left_over,
  (SELECT count(*) FROM audit WHERE what = 'claimed') AS in_the_trail,
  (SELECT count(DISTINCT case_id) FROM audit WHERE what = 'claimed') AS cases_in_the_trail,
  (SELECT count(*) FROM outbox) AS people_told,
  (SELECT count(DISTINCT conversation_id) FROM outbox) AS different_people
"""


def fill(connection: Connection, world: World) -> None:
    """Cases of as many people, waiting for somebody."""
    connection.execute(text(CHATS), {"bot": BOT, "now": world.clock.now(), "count": CASES})
    connection.execute(text(WAITING), {"now": world.clock.now()})
    connection.execute(text("ANALYZE cases"))


async def takes(store: Store, member: StaffMember, taken: list[tuple[str, int]]) -> None:
    """Take the next until none is left. Who looks while others hold the last rows sees none."""
    while (reference := await store.service.take_next(member)) is not None:
        taken.append((reference, member.id))


async def picks(store: Store, member: StaffMember, taken: list[tuple[str, int]]) -> None:
    """Claim what a search for new cases finds, from its top, as long as it finds anything."""
    while found := (await store.service.search(member, Search(state="new"))).rows:
        for row in found:
            with suppress(Conflict):
                await store.service.claim(member, row.reference)
                taken.append((row.reference, member.id))


async def works(
    store: Store, member: StaffMember, taken: list[tuple[str, int]], all_have_one: asyncio.Barrier
) -> None:
    """Fifty take their first at once; only when each has one, they go on in their own ways until none is left."""
    first = await store.service.take_next(member)
    assert first is not None
    taken.append((first, member.id))
    await all_have_one.wait()
    await (picks if member.login.endswith("0") else takes)(store, member, taken)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_fifty_claimers_over_five_thousand_cases(world: World, database_url: str) -> None:
    await world.store.database.run(fill, world)
    members = [await world.staff(f"staff{number}", f"Staff {number}") for number in range(STAFF)]
    again = {"keys": [KEY], "pepper": PEPPER, "clock": world.clock, "renderer": KeyRenderer()}
    stores = [world.store, *[await open_store(database_url, **again) for _ in range(2)]]  # type: ignore[arg-type]
    taken: list[tuple[str, int]] = []
    all_have_one = asyncio.Barrier(STAFF)
    async with asyncio.TaskGroup() as group:
        for number, member in enumerate(members):
            group.create_task(works(stores[number % 3], member, taken, all_have_one))
    await takes(world.store, members[0], taken)
    assert len({reference for reference, _ in taken}) == len(taken) == CASES
    assert {holder for _, holder in taken} == {member.id for member in members}

    def found(connection: Connection) -> dict[str, int]:
        return dict(connection.execute(text(FOUND)).mappings().one())

    rows = await world.store.database.read(found)
    assert rows.pop("left_over") == 0
    assert set(rows.values()) == {CASES}
    for store in stores[1:]:
        await store.close()
