"""Who may do what: the one table of roles and permissions. What is not in it is not allowed.

A permission reaches as far as the member's own helpline. An administrator of the default helpline, which
belongs to whoever runs the installation, also makes helplines and looks after the accounts of all.
Administrators and auditors read no words of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody on the staff is there for."""

    COUNSELLOR = "counsellor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    PARTNER = "partner"


class Permission(StrEnum):
    """A thing that can be done."""

    OWN_ACCOUNT = "account.own"
    """One's own sessions, password and second factor; the help page; that a page is live."""

    QUEUE_SEE = "queue.see"
    """The lists: nothing that a person wrote."""

    CASE_READ = "case.read"
    CASE_NOTE = "case.note"
    CASE_WORK = "case.work"
    """Take, answer, hand over, close."""

    CASE_ASSIGN = "case.assign"
    """Give somebody else's case to a third, merge duplicates."""

    NUMBERS_SEE = "numbers.see"
    """Counts and times of the helpline."""

    TEAM_SEE = "team.see"
    """Who works on what, and how much."""

    SYSTEM_SEE = "system.see"
    LETTERS_RETRY = "letters.retry"
    LETTERS_READ = "letters.read"
    """The raw text of an update that could not be handled."""

    EXPORT_ASK = "export.ask"
    EXPORT_APPROVE = "export.approve"
    TEXTS_MANAGE = "texts.manage"
    """Canned texts."""

    STAFF_MANAGE = "staff.manage"
    HELPLINE_MANAGE = "helpline.manage"
    TOKENS_MANAGE = "tokens.manage"
    KEYS_SEE = "keys.see"
    CONTENT_SEE = "content.see"
    AUDIT_READ = "audit.read"


_P = Permission

_COUNSELLOR = frozenset(
    {_P.OWN_ACCOUNT, _P.QUEUE_SEE, _P.CASE_READ, _P.CASE_NOTE, _P.CASE_WORK, _P.SYSTEM_SEE, _P.LETTERS_RETRY}
)

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.COUNSELLOR: _COUNSELLOR,
    Role.SUPERVISOR: _COUNSELLOR
    | {
        _P.CASE_ASSIGN,
        _P.NUMBERS_SEE,
        _P.TEAM_SEE,
        _P.LETTERS_READ,
        _P.EXPORT_ASK,
        _P.EXPORT_APPROVE,
        _P.TEXTS_MANAGE,
    },
    Role.ADMINISTRATOR: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.NUMBERS_SEE,
            _P.SYSTEM_SEE,
            _P.LETTERS_RETRY,
            _P.EXPORT_APPROVE,
            _P.TEXTS_MANAGE,
            _P.STAFF_MANAGE,
            _P.HELPLINE_MANAGE,
            _P.TOKENS_MANAGE,
            _P.KEYS_SEE,
            _P.CONTENT_SEE,
        }
    ),
    Role.AUDITOR: frozenset({_P.OWN_ACCOUNT, _P.NUMBERS_SEE, _P.AUDIT_READ}),
    Role.PARTNER: frozenset({_P.OWN_ACCOUNT, _P.QUEUE_SEE, _P.NUMBERS_SEE}),
}


def allowed(role: str, permission: Permission) -> bool:
    """Whether a role has a permission; an unknown role has none."""
    return role in set(Role) and permission in GRANTS[Role(role)]


SCOPES: Mapping[str, frozenset[Permission]] = {
    "cases:read": frozenset({_P.QUEUE_SEE, _P.CASE_READ}),
    "cases:write": frozenset({_P.CASE_WORK, _P.CASE_NOTE}),
    "statistics:read": frozenset({_P.NUMBERS_SEE}),
}
"""What a program's token may be given, on top of what the role of its account allows."""
