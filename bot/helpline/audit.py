"""The trail of every look and every change: numbered without gaps, chained by hashes, only added to.

An entry is written in the transaction of what it tells of: neither is there without the other. What a
transaction notes is kept aside and written as its very last statements, because the head of the chain
is locked until the commit and nothing may be waited for behind it.

Each hash (SHA-256) covers the entry and the hash before it, so that anybody can check the chain. The head
carries a keyed hash on top: whoever can only write to the database cannot make another chain that fits.
Whoever holds the keys too is found out by an older head kept elsewhere (`Verdict.head`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bot.core.access import Permission
from bot.core.helplines import DEFAULT
from bot.errors import AuditError
from bot.helpline.database import Database
from bot.helpline.members import StaffMember, needs
from bot.helpline.tables import audit, audit_head, cases, staff
from bot.helpline.trail import Entry, take

Seal = Callable[[bytes], bytes]
Tell = Callable[[str, float], None]

_BATCH = 2000
MOST_ROWS = 200


def flush(connection: Connection, seal: Seal | None) -> None:
    """Write what the transaction noted, behind everything else of it.

    Raises `AuditError` where there is something to write and no key to seal it: such a change must not be.
    """
    entries = take(connection)
    if not entries:
        return
    if seal is None:
        raise AuditError("the trail cannot be sealed without its key")
    head = connection.execute(_HEAD.with_for_update()).one()
    seq, link = head.seq, head.hash
    rows = []
    for entry in entries:
        seq += 1
        link = linked(link, seq, entry)
        rows.append({"seq": seq, "hash": link, **_columns(entry)})
    connection.execute(_ADD, rows)
    connection.execute(_MOVE, {"b_seq": seq, "b_hash": link, "b_mac": seal(_sealed(seq, link))})


_HEAD = select(audit_head).where(audit_head.c.id == 1)
_ADD = insert(audit)
_MOVE = (
    update(audit_head)
    .where(audit_head.c.id == 1)
    .values(seq=bindparam("b_seq"), hash=bindparam("b_hash"), mac=bindparam("b_mac"))
)


def linked(before: bytes, seq: int, entry: Entry) -> bytes:
    """The hash of an entry behind the one before it."""
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    content = [seq, at, entry.staff_id, entry.case_id, entry.what, entry.detail]
    return hashlib.sha256(before + json.dumps(content, ensure_ascii=True).encode()).digest()


def _columns(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "staff_id": entry.staff_id,
        "case_id": entry.case_id,
        "what": entry.what,
        "detail": entry.detail,
    }


def _sealed(seq: int, link: bytes) -> bytes:
    return seq.to_bytes(8, "big") + link


def sign_new_head(connection: Connection, seal: Seal) -> None:
    """Seal the head of a chain that was never sealed: that of a new database, or of an older version."""
    head = connection.execute(_HEAD.with_for_update()).one()
    if not head.mac:
        mac = seal(_sealed(head.seq, head.hash))
        connection.execute(_MOVE, {"b_seq": head.seq, "b_hash": head.hash, "b_mac": mac})


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry as auditors see it: who did what to which case, and no words of people."""

    seq: int
    at: datetime
    login: str
    name: str
    reference: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first. ``before`` asks for the next page; None on the last."""

    rows: tuple[AuditRow, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. ``broken`` is the first entry that does not fit, None where all do.

    ``why``: missing, changed, head, seal or expected. ``head``: ``number:hash`` to be noted elsewhere.
    """

    entries: int
    head: str
    broken: int | None = None
    why: str = ""

    @property
    def sound(self) -> bool:
        return not self.why


class AuditTrail:
    """Reads and checks the trail."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    async def page(
        self,
        member: StaffMember,
        *,
        before: int | None = None,
        login: str = "",
        reference: str = "",
        what: str = "",
        limit: int = 50,
    ) -> AuditPage:
        """Entries of the member's helpline, newest first; auditors of the default one see all.

        Raises `NotAllowed`.
        """
        needs(member, Permission.AUDIT_READ)
        wanted = {"login": login, "reference": reference, "what": what}
        limit = max(1, min(limit, MOST_ROWS))
        return await self._database.read(_page, member, before, wanted, limit)

    async def verify(self, expected: str = "", tell: Tell | None = None) -> Verdict:
        """Check every entry, the head and its seal; ``expected`` is a head noted earlier (``number:hash``).

        Raises ValueError where ``expected`` is malformed.
        """
        known = _parsed(expected) if expected else None
        return await self._database.read(_verify, self._seal, known, tell)


def _page(
    connection: Connection, member: StaffMember, before: int | None, wanted: dict[str, str], limit: int
) -> AuditPage:
    query = select(audit, staff.c.login, staff.c.name, cases.c.reference).select_from(
        audit.outerjoin(staff, staff.c.id == audit.c.staff_id).outerjoin(cases, cases.c.id == audit.c.case_id)
    )
    if member.helpline != DEFAULT:
        own = func.coalesce(cases.c.helpline_id, staff.c.helpline_id) == member.helpline_id
        query = query.where(own)
    if before is not None:
        query = query.where(audit.c.seq < before)
    if wanted["login"]:
        query = query.where(staff.c.login == wanted["login"][:80].lower())
    if wanted["reference"]:
        query = query.where(cases.c.reference == wanted["reference"][:40].strip().upper())
    if wanted["what"]:
        query = query.where(audit.c.what == wanted["what"][:32])
    found = connection.execute(query.order_by(audit.c.seq.desc()).limit(limit + 1)).all()
    rows = tuple(
        AuditRow(r.seq, r.at, r.login or "", r.name or "", r.reference or "", r.what, r.detail)
        for r in found[:limit]
    )
    return AuditPage(rows, rows[-1].seq if len(found) > limit else None)


def _parsed(head: str) -> tuple[int, bytes]:
    number, _, digest = head.strip().partition(":")
    try:
        return int(number), bytes.fromhex(digest)
    except ValueError as error:
        raise ValueError("a head is written as number:hash") from error


def _verify(
    connection: Connection, seal: Seal, known: tuple[int, bytes] | None, tell: Tell | None
) -> Verdict:
    head = connection.execute(_HEAD).one()
    seq, link, met = 0, bytes(32), known is None or known == (0, bytes(32))
    for row in _entries(connection, head.seq):
        if row.seq != seq + 1:
            return _broken(head, seq + 1, "missing")
        seq, entry = row.seq, Entry(row.at, row.case_id, row.staff_id, row.what, row.detail)
        link = linked(link, seq, entry)
        if not hmac.compare_digest(link, row.hash):
            return _broken(head, seq, "changed")
        met = met or known == (seq, link)
        if tell is not None and seq % _BATCH == 0:
            tell(f"{seq} entries", seq / max(head.seq, 1))
    if tell is not None:
        tell(f"{seq} entries", 1.0)
    if seq != head.seq:
        return _broken(head, seq + 1, "missing")
    if link != head.hash:
        return _broken(head, seq, "head")
    if not hmac.compare_digest(seal(_sealed(seq, link)), head.mac):
        return _broken(head, seq, "seal")
    return Verdict(seq, _named(head)) if met else _broken(head, known[0] if known else 0, "expected")


def _broken(head: Any, seq: int, why: str) -> Verdict:
    return Verdict(head.seq, _named(head), seq, why)


def _named(head: Any) -> str:
    return f"{head.seq}:{head.hash.hex()}"


def _entries(connection: Connection, last: int) -> Iterator[Any]:
    """All entries up to ``last`` in order, a batch at a time."""
    after = 0
    while True:
        query = select(audit).where(audit.c.seq > after, audit.c.seq <= last)
        rows: Sequence[Any] = connection.execute(query.order_by(audit.c.seq).limit(_BATCH)).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        after = rows[-1].seq
