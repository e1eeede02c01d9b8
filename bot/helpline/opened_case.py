"""A case as whoever may read it sees it: the talk in words, and what belongs to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, or_, select

from bot.core.case import Author, CaseDetail, DeliveryState, Line, QueueRow, Spot
from bot.core.contact import TALKING, SafeContact
from bot.core.ports import Renderer
from bot.errors import KeyringError, NotFound
from bot.helpline import places
from bot.helpline.casefile import CaseFile, case_file, spots_of
from bot.helpline.crypto import DataKey, Keyring
from bot.helpline.ending import record_of
from bot.helpline.members import StaffMember
from bot.helpline.reading_room import queue_query, queue_row, readers_lately, seen_lately, theirs
from bot.helpline.tables import case_lines, cases, conversations, outbox, staff

log = structlog.get_logger()

_EARLIER = 10


def detail(
    connection: Connection,
    keyring: Keyring,
    renderer: Renderer,
    member: StaffMember,
    reference: str,
    now: datetime,
) -> tuple[CaseDetail, int, bool]:
    """A case with its timeline, its id, and whether this look is still to be written down."""
    second = staff.alias("second")
    query = queue_query().add_columns(
        conversations.c.contact_when, conversations.c.contact_opening, second.c.name.label("second_name")
    )
    query = query.outerjoin(second, second.c.id == cases.c.second_id)
    row = connection.execute(query.where(cases.c.reference == reference, theirs(member))).one_or_none()
    if row is None:
        raise NotFound("there is no such case")
    case = case_file(row)
    lines = lines_of(connection, keyring, case)
    mine = case.holder_id == member.id and case.held(now)
    contact = SafeContact(row.contact_when or "", row.contact_opening or "")
    found = CaseDetail(
        row=queue_row(row),
        lines=lines,
        mine=mine,
        draft=_draft(keyring, case) if mine else "",
        last_line=lines[-1].id if lines else 0,
        contact=contact,
        opens_at=_opens(case, contact, renderer, now),
        person_at=case.person_at,
        lease_until=case.lease_until,
        offered=_offered(case, member),
        second=row.second_name or "",
        main=_main(connection, case),
        same=_same(connection, member, case),
        before=_before(connection, member, case),
        record=record_of(connection, case),
        readers=readers_lately(connection, case.id, member.id, now),
    )
    return found, case.id, not seen_lately(connection, case.id, member.id, now)


def _draft(keyring: Keyring, case: CaseFile) -> str:
    key = case.key(keyring)
    if key is None or case.draft is None:
        return ""
    text: str = key.decrypt(case.draft, places.case_draft(case.reference))
    return text


def _opens(case: CaseFile, contact: SafeContact, renderer: Renderer, now: datetime) -> datetime | None:
    """As the outbox would decide for a message of now (`bot.helpline.hand.send`)."""
    silence = case.silent_for(now)
    if silence is not None and silence <= TALKING:
        return now
    return None if contact.neutral else contact.opens(now, renderer.timezone(case.audience.country))


def _offered(case: CaseFile, member: StaffMember) -> str:
    if case.offered_id is None:
        return ""
    return "to_me" if case.offered_id == member.id else "to_other"


def _main(connection: Connection, case: CaseFile) -> str:
    if case.main_id is None:
        return ""
    return connection.execute(select(cases.c.reference).where(cases.c.id == case.main_id)).scalar_one()


def _same(connection: Connection, member: StaffMember, case: CaseFile) -> tuple[str, ...]:
    """Names of the other cases of one event, as far as the member's helpline has them."""
    main = case.main_id or case.id
    query = select(cases.c.reference).where(
        or_(cases.c.main_id == main, cases.c.id == main), cases.c.id != case.id, theirs(member)
    )
    return tuple(connection.execute(query.order_by(cases.c.id).limit(20)).scalars())


def _before(connection: Connection, member: StaffMember, case: CaseFile) -> tuple[QueueRow, ...]:
    if case.conversation_id is None:
        return ()
    query = queue_query().where(
        cases.c.conversation_id == case.conversation_id, cases.c.id < case.id, theirs(member)
    )
    return tuple(
        queue_row(row) for row in connection.execute(query.order_by(cases.c.id.desc()).limit(_EARLIER))
    )


def lines_of(connection: Connection, keyring: Keyring, case: CaseFile) -> tuple[Line, ...]:
    """The timeline of a case in words; empty texts where they are erased."""
    key = case.key(keyring)
    lines = []
    for row in connection.execute(_LINES, {"b_case": case.id}):
        text, spots = _words(key, case.reference, row)
        held = row.delivery == "queued" and (row.waits or row.not_before is not None)
        delivery = None if row.delivery is None else DeliveryState(row.delivery)
        line = Line(
            id=row.id,
            author=Author(row.author),
            at=row.at,
            text=text,
            key=row.key,
            staff=row.name or "",
            flags=row.flags,
            spots=spots,
            edited=row.edited,
            delivery=DeliveryState.HELD if held else delivery,
            goes_at=row.not_before if held else None,
            waits=bool(row.waits) if held else False,
        )
        lines.append(line)
    return tuple(lines)


def _words(key: DataKey | None, reference: str, row: Any) -> tuple[str, tuple[Spot, ...]]:
    if row.body is None or key is None:
        return "", ()
    try:
        content = key.decrypt(row.body, places.line_body(reference, row.token))
    except KeyringError:
        log.error("line_unreadable", line_id=row.id)
        return "", ()
    return content["t"], spots_of(content)


_LINES = (
    select(case_lines, staff.c.name, outbox.c.state.label("delivery"), outbox.c.not_before, outbox.c.waits)
    .select_from(
        case_lines.outerjoin(staff, staff.c.id == case_lines.c.staff_id).outerjoin(
            outbox, outbox.c.id == case_lines.c.outbox_id
        )
    )
    .where(case_lines.c.case_id == bindparam("b_case"))
    .order_by(case_lines.c.id)
)
