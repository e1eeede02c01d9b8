"""The trail: complete, in one transaction with what it tells of, and a change in it shows."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.core.case import Outcome
from bot.core.closing import Closing
from bot.errors import AuditError, NotAllowed, StoreError
from bot.helpline import audit as chain
from bot.helpline import trail
from bot.helpline.audit import AuditPage, Verdict
from bot.helpline.database import Database
from bot.helpline.helplines import HelplineForm
from bot.helpline.tables import audit_head
from tests.contract.world import MOTHER, TEACHER, World

PASSWORD = "correct horse battery"


async def some_work(world: World) -> str:
    """A case that is opened, taken, looked at, answered and closed."""
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    service = world.store.service
    await service.claim(ana, reference)
    found = await service.case(ana, reference)
    await service.reply(ana, reference, "We are here.", seen=found.last_line, token="t")
    await service.close(ana, reference, Closing(Outcome.SUPPORTED, tell=False))
    return reference


async def verified(world: World, expected: str = "") -> Verdict:
    return await world.store.audit.verify(expected)


async def trail_of(world: World, role: str = "auditor", **wanted: str) -> AuditPage:
    known = {member.login: member for member in await world.accounts.members()}
    who = known.get(role) or await world.accounts.add(role, role, PASSWORD, role)
    return await world.store.audit.page(who, **wanted)  # type: ignore[arg-type]


async def test_every_look_and_change_is_there_and_no_words(world: World) -> None:
    reference = await some_work(world)
    page = await trail_of(world, reference=reference.lower())
    assert [row.what for row in page.rows] == ["closed", "replied", "viewed", "claimed", "opened"]
    assert [row.login for row in page.rows] == ["ana", "ana", "ana", "ana", ""]
    assert {row.reference for row in page.rows} == {reference}
    assert "We are here" not in repr(page)
    assert (await verified(world)).sound


async def test_what_is_noted_before_the_first_statement_is_there_too(world: World) -> None:
    entry = trail.Entry(world.clock.now(), None, None, "keys_rotated")
    await world.store.database.run(trail.note, entry)
    assert [row.what for row in (await trail_of(world, what="keys_rotated")).rows] == ["keys_rotated"]


async def test_an_empty_trail_is_sound(world: World) -> None:
    assert await verified(world) == Verdict(0, "0:" + "00" * 32)


async def test_what_was_undone_is_not_there(world: World) -> None:
    def undone(connection: Connection) -> None:
        trail.note(connection, trail.Entry(world.clock.now(), None, None, "undone"))
        raise AuditError

    with pytest.raises(AuditError):
        await world.store.database.run(undone)
    await some_work(world)
    assert "undone" not in {row.what for row in (await trail_of(world)).rows}


async def test_without_the_key_nothing_is_written(world: World, database_url: str) -> None:
    database = Database(database_url, before_commit=lambda c: chain.flush(c, None))
    entry = trail.Entry(world.clock.now(), None, None, "x")
    with pytest.raises(AuditError):
        await database.run(trail.note, entry)
    await database.close()


@pytest.mark.parametrize("statement", ["UPDATE audit SET what = 'x'", "DELETE FROM audit WHERE seq = 1"])
async def test_the_table_takes_no_changes(world: World, statement: str) -> None:
    await some_work(world)

    def change(connection: Connection) -> None:
        connection.execute(text(statement))

    with pytest.raises((StoreError, SQLAlchemyError)):
        await world.store.database.run(change)
    assert (await verified(world)).sound


TAMPERED = {
    "changed": "UPDATE audit SET staff_id = NULL WHERE seq = 3",
    "missing": "DELETE FROM audit WHERE seq = 2",
    "head": "UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE seq = 1)",
    "seal": "UPDATE audit_head SET mac = hash",
}


@pytest.mark.parametrize("why", TAMPERED)
async def test_a_change_behind_our_back_shows(world: World, why: str) -> None:
    await some_work(world)
    await world.store.database.run(tamper, TAMPERED[why])
    verdict = await verified(world)
    assert (verdict.sound, verdict.why) == (False, why)
    assert verdict.broken == {"changed": 3, "missing": 2}.get(why, verdict.entries)


async def test_entries_cut_from_the_end_show(world: World) -> None:
    await some_work(world)
    await world.store.database.run(tamper, "DELETE FROM audit WHERE seq > 4")
    assert (await verified(world)).why == "missing"


async def test_a_chain_made_anew_shows_by_its_seal_or_by_a_head_noted_before(world: World) -> None:
    await some_work(world)
    noted = (await verified(world)).head
    assert (await verified(world, noted)).sound
    await world.store.database.run(tamper, "DELETE FROM audit")

    def again(connection: Connection, mac: bytes) -> None:
        connection.execute(update(audit_head).values(seq=0, hash=bytes(32), mac=mac))

    await world.store.database.run(again, b"\0" * 32)
    assert (await verified(world)).why == "seal"
    await world.store.database.run(again, world.store.keyring.audit_seal(bytes(8) + bytes(32)))
    assert (await verified(world)).sound  # whoever has the keys as well
    assert (await verified(world, noted)).why == "expected"


async def test_a_malformed_head_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="number:hash"):
        await verified(world, "x")


async def test_many_at_once_make_one_chain(world: World) -> None:
    ana = await world.staff()
    reference = await world.opens(MOTHER)
    service = world.store.service
    await asyncio.gather(*(service.note(ana, reference, f"note {n}") for n in range(12)))
    verdict = await verified(world)
    assert (verdict.sound, verdict.entries) == (True, 14)


async def test_pages_follow_each_other(world: World) -> None:
    await some_work(world)
    await trail_of(world)
    seen: list[int] = []
    before = None
    while True:
        page = await trail_of(world, limit=2, before=before)  # type: ignore[arg-type]
        seen += [row.seq for row in page.rows]
        before = page.before
        if before is None:
            break
    assert seen == list(range(max(seen), 0, -1))


async def test_an_auditor_sees_the_own_helpline_the_default_ones_all(world: World) -> None:
    await world.store.helplines.add("uno", HelplineForm(name="Uno", countries=["gh"]))
    reference = await some_work(world)
    await world.opens(TEACHER)
    far = await world.accounts.add("far", "Far", PASSWORD, "auditor", helpline="uno")
    rows = (await world.store.audit.page(far)).rows
    assert reference not in {row.reference for row in rows}
    assert "claimed" not in {row.what for row in rows}
    assert reference in {row.reference for row in (await trail_of(world)).rows}


@pytest.mark.parametrize("role", ["counsellor", "supervisor", "administrator", "partner"])
async def test_only_auditors_read_it(world: World, role: str) -> None:
    with pytest.raises(NotAllowed):
        await trail_of(world, role)


def tamper(connection: Connection, statement: str) -> None:
    """Change the trail as somebody with the database's own rights can."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        kept = list(
            connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        )
        for row in kept:
            connection.execute(text(f"DROP TRIGGER {row.name}"))
    connection.execute(text(statement))


async def test_a_check_goes_on_beside_who_asks_and_an_old_verdict_is_given_to_nobody(world: World) -> None:
    reference = await some_work(world)
    check = world.store.service.audit_check
    check.patience = 0
    begun = await check.ask()
    check.patience = 5
    assert begun.verdict is None
    assert 0 <= begun.share <= 1
    other = await check.ask(f"1:{'00' * 32}")  # waits for the one under way, is not told its verdict
    assert (other.verdict, other.number) == (None, begun.number)
    later = await check.ask()
    assert later.verdict is not None
    assert (later.number, later.verdict.sound) == (begun.number + 1, True)
    assert len((await trail_of(world, reference=reference)).rows) == 5
    fresh = await check.ask(number=later.number)
    assert fresh.number == later.number + 1
    unmet = await check.ask(f"1:{'00' * 32}")
    assert unmet.verdict is not None
    assert unmet.verdict.why == "expected"
    with pytest.raises(ValueError, match="number:hash"):
        await check.ask("nonsense")
