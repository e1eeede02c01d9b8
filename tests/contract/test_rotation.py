"""The key changes while everything goes on; then the old one can go, and what was forgotten stays so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, select, update

from bot.core.closing import Closing
from bot.core.helplines import DEFAULT
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from bot.errors import KeyringError
from bot.helpline import Store, open_store
from bot.helpline.crypto import Keyring, generate_key
from bot.helpline.helplines import HelplineForm
from bot.helpline.rotation import KEPT, UNDER_DATA_KEYS
from bot.helpline.service import Wanted
from bot.helpline.tables import cases, conversations, metadata
from tests.conftest import KEY, PEPPER
from tests.contract.world import MOTHER, TEACHER, KeyRenderer, World

NEW = generate_key()


async def reopened(world: World, url: str, *keys: str) -> Store:
    return await open_store(url, keys=keys, pepper=PEPPER, clock=world.clock, renderer=KeyRenderer())


async def filled(world: World) -> str:
    """Something in every encrypted column; a held case with a draft."""
    ana = await world.staff()
    admin = await world.accounts.add("admin", "Admin", "correct horse battery", "administrator")
    await world.store.service.set_receivers(admin, DEFAULT, Wanted(email=("lead@example.org",)))
    await world.accounts.second_factor.enrolment(ana)
    await world.says(TEACHER, "kept words")
    reference = await world.opens(MOTHER, Priority.EMERGENCY)
    await world.store.service.claim(ana, reference)
    await world.store.service.save_draft(ana, reference, "a draft")
    await world.queues(TEACHER, "an answer")
    await world.arrive(TEACHER, "waiting")
    return reference


def test_every_encrypted_column_is_known() -> None:
    encrypted = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.type.length is None
    }
    assert encrypted == {kept.name for kept in KEPT} | set(UNDER_DATA_KEYS)


async def test_all_is_under_the_new_key_and_the_old_one_can_go(world: World, database_url: str) -> None:
    reference = await filled(world)
    both = await reopened(world, database_url, NEW, KEY)
    steps: list[tuple[str, float]] = []
    assert await both.rotation.left() > len(KEPT)
    done = await both.rotation.run(lambda step, share: steps.append((step, share)))
    assert (done.left, done.unreadable) == (0, 0)
    assert done.changed > len(KEPT)
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    assert steps[-1] == ("done", 1.0)
    assert (await both.rotation.run()).changed == 0
    await both.close()
    alone = await reopened(world, database_url, NEW)
    ana = next(member for member in await alone.staff.members() if member.login == "ana")
    found = await alone.service.case(ana, reference)
    assert found.draft == "a draft"
    assert "help" in [line.text for line in found.lines]
    claimed = await alone.outbox.claim(7001, 30)
    assert {message.chat_id for message in claimed} == {MOTHER, TEACHER}
    assert len((await alone.staff.second_factor.enrolment(ana)).secret) == 32
    await alone.close()
    with pytest.raises(KeyringError):
        await reopened(world, database_url, KEY)


async def test_it_goes_on_where_it_was_stopped(world: World, database_url: str) -> None:
    await filled(world)
    both = await reopened(world, database_url, NEW, KEY)
    total = await both.rotation.left()

    class Stopped(Exception):
        pass

    def stop(step: str, share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        await both.rotation.run(stop)
    left = await both.rotation.left()
    assert 0 < left < total
    assert (await both.rotation.run()).changed == left
    await both.close()


async def test_what_a_process_with_the_old_key_writes_meanwhile_is_found(
    world: World, database_url: str
) -> None:
    await filled(world)
    both = await reopened(world, database_url, NEW, KEY)
    await both.rotation.run()
    await world.arrive(MOTHER, "written by a process that knows the old key alone")
    assert await both.rotation.left() == 2
    assert (await both.rotation.run()).left == 0
    await both.close()


async def test_what_nobody_can_read_stays_and_is_told(world: World, database_url: str) -> None:
    await filled(world)

    def spoil(connection: Connection) -> None:
        connection.execute(update(conversations).values(state=b"\x01abcd" + b"0" * 30))

    await world.store.database.run(spoil)
    both = await reopened(world, database_url, NEW, KEY)
    done = await both.rotation.run()
    assert done.left == done.unreadable == 2
    await both.close()


async def test_a_running_process_finds_a_new_key_by_itself(world: World) -> None:
    kept = [KEY]
    running = Keyring([KEY], pepper=PEPPER, source=lambda: kept)
    rotating = Keyring([NEW, KEY], pepper=PEPPER)
    token = rotating.encrypt("text", "place")
    with pytest.raises(KeyringError):
        running.decrypt(token, "place")
    kept[:] = [NEW, KEY]
    assert running.decrypt(token, "place") == "text"
    assert running.encrypt("x", "y").startswith(rotating.newest_prefix)
    kept[:] = ["nonsense"]
    running.refresh()
    assert running.decrypt(token, "place") == "text"


async def test_words_go_when_the_helpline_says(world: World) -> None:
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    await world.store.service.claim(ana, reference)
    await world.store.service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    await world.store.helplines.change("default", HelplineForm(name="Helpline", retention_days=30))
    world.clock.advance(days=29)
    assert (await world.store.retention.purge(world.clock.now())).case_texts == 0
    world.clock.advance(days=1)
    assert (await world.store.retention.purge(world.clock.now())).case_texts == 1
    assert await key_of(world, reference) is None


async def test_a_case_closed_after_its_person_asked_to_be_forgotten_loses_its_words(world: World) -> None:
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    await world.store.service.claim(ana, reference)

    async def forget(unit: Any) -> None:
        await unit.load()
        await unit.forget()

    await world.talk(MOTHER, forget)
    await world.store.retention.purge(world.clock.now())
    assert await key_of(world, reference) is not None
    await world.store.service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    assert (await world.store.retention.purge(world.clock.now())).case_texts == 1
    assert await key_of(world, reference) is None


async def key_of(world: World, reference: str) -> bytes | None:
    def stored(connection: Connection) -> bytes | None:
        return connection.execute(select(cases.c.data_key).where(cases.c.reference == reference)).scalar_one()

    return await world.store.database.read(stored)
