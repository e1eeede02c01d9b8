"""The table of roles: what is not granted is not allowed."""

from __future__ import annotations

import pytest

from bot.core.access import GRANTS, Permission, Role, allowed

WORDS = {Permission.CASE_READ, Permission.CASE_WORK, Permission.CASE_NOTE, Permission.LETTERS_READ}
CHANGES_CASES = {Permission.CASE_WORK, Permission.CASE_NOTE, Permission.CASE_ASSIGN}


def test_every_role_is_in_the_table_and_has_an_account_of_its_own() -> None:
    assert set(GRANTS) == set(Role)
    assert all(Permission.OWN_ACCOUNT in granted for granted in GRANTS.values())


@pytest.mark.parametrize("role", ["", "Counsellor", "owner", "counsellor "])
def test_an_unknown_role_may_nothing(role: str) -> None:
    assert not any(allowed(role, permission) for permission in Permission)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.PARTNER])
def test_who_does_not_counsel_reads_no_words(role: Role) -> None:
    assert not GRANTS[role] & WORDS


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PARTNER])
def test_who_only_looks_changes_nothing(role: Role) -> None:
    looks = {Permission.QUEUE_SEE, Permission.NUMBERS_SEE, Permission.AUDIT_READ, Permission.OWN_ACCOUNT}
    assert GRANTS[role] <= looks


def test_nobody_watches_over_themselves() -> None:
    assert not any({Permission.AUDIT_READ, Permission.STAFF_MANAGE} <= granted for granted in GRANTS.values())
    assert not any(
        {Permission.AUDIT_READ} <= granted and granted & CHANGES_CASES for granted in GRANTS.values()
    )


def test_each_permission_is_somebodys() -> None:
    assert set().union(*GRANTS.values()) == set(Permission)
