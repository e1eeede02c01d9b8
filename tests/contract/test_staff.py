"""Accounts, sign-in and sessions."""

from __future__ import annotations

import argon2
import pytest
from sqlalchemy import Connection, select

from bot.errors import Conflict, NotFound, SignInRefused, TooManyTries
from bot.helpline.staff import LIMIT_ACCOUNT, LIMIT_ADDRESS, LIMIT_PAIR, StaffAccounts
from bot.helpline.tables import staff, staff_sessions
from tests.contract.world import World

PASSWORD = "correct horse battery"
HOME = "10.0.0.1"


@pytest.fixture
async def accounts(world: World) -> StaffAccounts:
    await world.accounts.add("ana@line.org", "Ana  María", PASSWORD, "supervisor")
    return world.accounts


async def wrong(accounts: StaffAccounts, login: str = "ana@line.org", address: str = HOME) -> None:
    with pytest.raises(SignInRefused):
        await accounts.sign_in(login, "not the password", address)


async def test_who_signs_in_is_known_by_the_session(accounts: StaffAccounts) -> None:
    signed = await accounts.sign_in("ANA@line.org", PASSWORD, HOME)
    member = await accounts.session(signed.token)
    assert member == signed.member
    assert (member.login, member.name, member.role) == ("ana@line.org", "Ana María", "supervisor")


async def test_passwords_and_tokens_are_not_in_the_database(world: World, accounts: StaffAccounts) -> None:
    signed = await accounts.sign_in("ana@line.org", PASSWORD, HOME)

    def stored(connection: Connection) -> tuple[str, bytes]:
        hashed = connection.execute(select(staff.c.password)).scalar_one()
        return hashed, connection.execute(select(staff_sessions.c.token_hash)).scalar_one()

    hashed, token = await world.store.database.read(stored)
    assert hashed.startswith("$argon2id$")
    assert signed.token.encode() not in token


async def test_a_wrong_password_and_an_unknown_account_look_alike(accounts: StaffAccounts) -> None:
    await wrong(accounts)
    await wrong(accounts, login="nobody")
    await wrong(accounts, login="a\x00b")
    with pytest.raises(SignInRefused):
        await accounts.sign_in("ana@line.org", "x" * 100_000, HOME)


async def test_guessing_from_one_address_ends_soon(world: World, accounts: StaffAccounts) -> None:
    for _ in range(LIMIT_PAIR):
        await wrong(accounts)
    with pytest.raises(TooManyTries):
        await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    assert (await accounts.sign_in("ana@line.org", PASSWORD, "10.0.0.2")).token
    world.clock.advance(minutes=15)
    assert (await accounts.sign_in("ana@line.org", PASSWORD, HOME)).token


async def test_an_account_is_not_guessed_from_many_addresses(accounts: StaffAccounts) -> None:
    for number in range(LIMIT_ACCOUNT):
        await wrong(accounts, address=f"10.1.0.{number}")
    with pytest.raises(TooManyTries):
        await accounts.sign_in("ana@line.org", PASSWORD, "10.2.0.1")


async def test_an_address_does_not_try_many_accounts(accounts: StaffAccounts) -> None:
    for number in range(LIMIT_ADDRESS):
        await wrong(accounts, login=f"somebody{number}")
    with pytest.raises(TooManyTries):
        await accounts.sign_in("ana@line.org", PASSWORD, HOME)


async def test_signing_in_forgives_mistakes(accounts: StaffAccounts) -> None:
    for _ in range(3):
        await wrong(accounts)
        await wrong(accounts)
        await accounts.sign_in("ana@line.org", PASSWORD, HOME)


async def test_a_session_ends_when_asked_idle_or_old(world: World, accounts: StaffAccounts) -> None:
    first = await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    await accounts.sign_out(first.token)
    assert await accounts.session(first.token) is None
    idle = await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    world.clock.advance(minutes=59)
    assert await accounts.session(idle.token)
    world.clock.advance(minutes=60)
    assert await accounts.session(idle.token) is None
    old = await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    for _ in range(23):
        world.clock.advance(minutes=30)
        assert await accounts.session(old.token)
    world.clock.advance(minutes=30)
    assert await accounts.session(old.token) is None


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é" * 1000])
async def test_a_forged_session_is_nobodys(accounts: StaffAccounts, token: str) -> None:
    assert await accounts.session(token) is None
    await accounts.sign_out(token)


async def test_a_new_password_ends_the_sessions(accounts: StaffAccounts) -> None:
    signed = await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    await accounts.set_password("ana@line.org", "another long password")
    assert await accounts.session(signed.token) is None
    await wrong(accounts)
    assert (await accounts.sign_in("ana@line.org", "another long password", HOME)).token


async def test_a_locked_account_is_out_at_once(accounts: StaffAccounts) -> None:
    signed = await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    await accounts.set_active("ana@line.org", False)
    assert await accounts.session(signed.token) is None
    with pytest.raises(SignInRefused):
        await accounts.sign_in("ana@line.org", PASSWORD, HOME)
    assert await accounts.members() == []
    await accounts.set_active("ana@line.org", True)
    assert [member.login for member in await accounts.members()] == ["ana@line.org"]


async def test_a_login_belongs_to_one(accounts: StaffAccounts) -> None:
    with pytest.raises(Conflict):
        await accounts.add("Ana@Line.org", "Other", PASSWORD)


async def test_an_unknown_account_is_not_found(accounts: StaffAccounts) -> None:
    with pytest.raises(NotFound):
        await accounts.set_password("nobody", PASSWORD)
    with pytest.raises(NotFound):
        await accounts.set_active("nobody", False)


@pytest.mark.parametrize(
    ("login", "name", "password", "role"),
    [
        ("a b", "Name", PASSWORD, "counsellor"),
        ("x", "Name", PASSWORD, "counsellor"),
        ("good", "", PASSWORD, "counsellor"),
        ("good", "a\u202eb", PASSWORD, "counsellor"),
        ("good", "Name", "short", "counsellor"),
        ("good", "Name", "x" * 201, "counsellor"),
        ("good", "Name", PASSWORD, "owner"),
    ],
)
async def test_an_unacceptable_account_is_refused(
    accounts: StaffAccounts, login: str, name: str, password: str, role: str
) -> None:
    with pytest.raises(ValueError, match=r"^a (login|name|password|role) "):
        await accounts.add(login, name, password, role)


async def test_older_costs_are_renewed_at_sign_in(world: World, accounts: StaffAccounts) -> None:
    today = StaffAccounts(
        world.store.database, world.store.keyring, world.clock, costlier(), waive_codes=True
    )
    await today.sign_in("ana@line.org", PASSWORD, HOME)

    def stored(connection: Connection) -> str:
        return connection.execute(select(staff.c.password)).scalar_one()

    assert ",t=2," in await world.store.database.read(stored)
    assert (await today.sign_in("ana@line.org", PASSWORD, HOME)).token


def costlier() -> argon2.PasswordHasher:
    return argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
