"""A backup brings everything back but those who were erased since."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from bot.core.case import Outcome
from bot.core.closing import Closing
from bot.core.ports import TurnUnit
from bot.errors import BackupError, KeyringError
from bot.helpline import Store, backups, open_store
from bot.helpline.backups import Place
from bot.helpline.crypto import Keyring, generate_key
from bot.helpline.erasures import LEDGER_FILE
from bot.helpline.staff import StaffAccounts
from bot.helpline.tables import case_lines, cases, inbox, transcript
from tests.conftest import KEY, PEPPER
from tests.contract.world import CHEAP, MOTHER, SPANISH, TEACHER, KeyRenderer, World
from tests.postgres import PostgresServer

UNCLE = 503


def silent(step: str, share: float) -> None:
    """Nobody watches."""


@pytest.fixture
def programs(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the version of the server."""
    monkeypatch.setenv("PATH", str(postgres_server.programs()), prepend=":")


async def opened(place: Place, clock: Any) -> World:
    store = await open_store(
        place.url, keys=[KEY], pepper=PEPPER, clock=clock, renderer=KeyRenderer(), ledger=place.ledger
    )
    return World(store, clock, StaffAccounts(store.database, store.keyring, clock, CHEAP, waive_codes=True))


async def forget(world: World, chat: int) -> None:
    async def doing(unit: TurnUnit) -> None:
        await unit.load()
        await unit.forget()
        await unit.save({}, SPANISH)

    await world.talk(chat, doing)


async def words(store: Store) -> dict[str, tuple[str, bool]]:
    """Of each case: its state, and whether any word or key of it is there."""

    def read(connection: Connection) -> dict[str, tuple[str, bool]]:
        body = select(func.count()).where(case_lines.c.case_id == cases.c.id, case_lines.c.body.is_not(None))
        query = select(cases.c.reference, cases.c.state, cases.c.data_key, body.scalar_subquery())
        return {row[0]: (row[1], row[2] is not None or row[3] > 0) for row in connection.execute(query)}

    return await store.database.read(read)


@pytest.mark.usefixtures("programs")
async def test_who_was_erased_stays_erased_and_nobody_else(
    database_url: str, tmp_path: Path, fixed_clock: Any, keyring: Keyring
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    place = Place(database_url, keyring, folder / LEDGER_FILE, folder)
    target = tmp_path / "one.backup"
    world = await opened(place, fixed_clock)
    ana = await world.staff()
    before, after, other = [await world.opens(chat) for chat in (MOTHER, TEACHER, UNCLE)]
    await world.says(504, "words without a case")
    for reference in (before, other):
        await world.store.service.claim(ana, reference)
        await world.store.service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    made = await backups.make(place, target, fixed_clock.now(), silent)
    assert made.rows["cases"] == 3
    assert made.key_id == keyring.key_ids[0]
    assert b"amparo" not in target.read_bytes()[200:]
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupError, match="already"):
        await backups.make(place, target, fixed_clock.now(), silent)
    # One whose case had ended; one whose case was open in the backup and ended after it; one without a case.
    fixed_clock.advance(minutes=5)
    await forget(world, MOTHER)
    await world.store.service.claim(ana, after)
    await world.store.service.close(ana, after, Closing(Outcome.SUPPORTED, tell=False))
    await forget(world, TEACHER)
    await forget(world, 504)
    await world.store.close()

    with pytest.raises(BackupError, match="not empty"):
        await backups.restore(place, target, fixed_clock.now(), silent)
    for line, message in ((None, "missing"), ("amparo erasures " + "0" * 32, "belongs to this backup")):
        lost = tmp_path / "lost.txt"
        if line is not None:
            lost.write_text(line, "ascii")
        with pytest.raises(BackupError, match=message):
            await backups.restore(
                replace(place, ledger=lost), target, fixed_clock.now(), silent, replace=True
            )
    strange = Keyring([generate_key()], pepper=PEPPER)
    with pytest.raises(KeyringError):
        await backups.restore(
            replace(place, keyring=strange), target, fixed_clock.now(), silent, replace=True
        )
    wrong = Keyring([KEY], pepper="another pepper, long enough")
    with pytest.raises(KeyringError):
        await backups.restore(replace(place, keyring=wrong), target, fixed_clock.now(), silent, replace=True)

    done = await backups.restore(place, target, fixed_clock.now(), silent, replace=True)
    assert done.erased_again >= 3
    assert done.last_erasure == fixed_clock.now()
    world = replace(await opened(place, fixed_clock), numbers=world.numbers)
    assert await words(world.store) == {
        before: ("closed", False),
        after: ("closed", False),
        other: ("closed", True),
    }

    def left(connection: Connection) -> list[int]:
        kept = (
            select(func.count()).select_from(transcript),
            select(func.count()).where(inbox.c.raw.is_not(None)),
        )
        return [connection.execute(query).scalar_one() for query in kept]

    assert await world.store.database.read(left) == [0, 0]
    assert (await world.store.service.case(ana, other)).lines
    assert (await world.store.audit.verify("", silent)).sound
    await world.opens(MOTHER, incident=2)  # who was forgotten and writes again is helped
    await world.store.close()


async def test_a_backup_that_was_touched_is_not_restored(
    tmp_path: Path, fixed_clock: Any, keyring: Keyring, sqlite_template: Path
) -> None:
    file = tmp_path / "amparo.db"
    shutil.copy(sqlite_template, file)
    place = Place(f"sqlite:///{file}", keyring, tmp_path / LEDGER_FILE, tmp_path)
    world = await opened(place, fixed_clock)
    target, other = tmp_path / "one.backup", tmp_path / "other.backup"
    await backups.make(place, target, fixed_clock.now(), silent)
    whole = target.read_bytes()
    for broken in (whole[:-1], whole[:-40] + b"x" + whole[-39:], whole + b"\0", b"", whole[:30]):
        other.write_bytes(broken)
        with pytest.raises((BackupError, KeyringError)):
            await backups.restore(place, other, fixed_clock.now(), silent, replace=True)
    with pytest.raises(BackupError, match="stop Amparo"):
        await backups.restore(place, target, fixed_clock.now(), silent, replace=True)
    await world.opens(MOTHER)  # what is there goes on
    await world.store.close()
    assert [name for name in os.listdir(tmp_path) if name.startswith(".amparo")] == []
