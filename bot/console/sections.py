"""Where a member of staff may go: the sections of the console, filtered by what the role allows."""

from __future__ import annotations

from bot.console.catalogue import Catalogue
from bot.console.page_parts import Section
from bot.console.sheets import Link
from bot.core.access import Permission
from bot.helpline.service import StaffMember

_P = Permission

ADMIN = (
    ("staff", _P.STAFF_MANAGE),
    ("helplines", _P.HELPLINE_MANAGE),
    ("alerts", _P.HELPLINE_MANAGE),
    ("texts", _P.TEXTS_MANAGE),
    ("installation", _P.KEYS_SEE),
)
"""Pages of administration."""

_SECTIONS = (
    ("queue", "/queue", "queue", _P.QUEUE_SEE),
    ("mine", "/queue?view=mine", "mine", _P.CASE_WORK),
    ("search", "/search", "search", _P.QUEUE_SEE),
    ("figures", "/figures", "figures", _P.NUMBERS_SEE),
    ("shift", "/shift", "shift", _P.CASE_WORK),
    ("care", "/care", "care", _P.CASE_WORK),
    ("exports", "/exports", "export", _P.EXPORT_APPROVE),
    ("audit", "/audit", "audit", _P.AUDIT_READ),
    ("admin", "", "admin", _P.TEXTS_MANAGE),
    ("system", "/system", "system", _P.SYSTEM_SEE),
    ("help", "/help", "help", _P.OWN_ACCOUNT),
)
AT_ONCE = 4
"""So many sections fit on a phone; the others are behind one more."""


def sections(words: Catalogue, member: StaffMember) -> tuple[Section, ...]:
    """What the role may open, in the order of first need."""
    allowed = [one for one in _SECTIONS if member.may(one[3])]
    folds = len(allowed) > AT_ONCE + 1
    admin = admin_places(words, member, "")
    return tuple(
        Section(
            name,
            address or admin[0].address,
            sign,
            words.t(f"nav.{name}"),
            folded=folds and place >= AT_ONCE,
        )
        for place, (name, address, sign, _) in enumerate(allowed)
    )


def admin_places(words: Catalogue, member: StaffMember, chosen: str) -> tuple[Link, ...]:
    """The pages of administration that the member may open."""
    return tuple(
        Link(f"/admin/{name}", words.t(f"admin.{name}"), name == chosen)
        for name, needed in ADMIN
        if member.may(needed)
    )


def start_of(member: StaffMember) -> str:
    """Where work begins for a role."""
    if member.may(_P.QUEUE_SEE):
        return "/queue"
    if member.may(_P.AUDIT_READ):
        return "/audit"
    return "/admin/staff" if member.may(_P.STAFF_MANAGE) else "/help"
