"""Who acts on a case, and the steps that all acts share, inside a transaction that holds the case alone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select

from bot.core.case import Author
from bot.core.contact import TALKING, SafeContact
from bot.core.dialogue.person import knock as knocking
from bot.core.effects import Audience, Kind, Message, Phrase, Say
from bot.core.ports import Renderer
from bot.errors import Conflict, NotFound
from bot.helpline import alerts, changes
from bot.helpline.casefile import CaseFile, NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.dispatch import NewMessage, enqueue, lane_of, plain
from bot.helpline.members import StaffMember
from bot.helpline.sql import ONE, word
from bot.helpline.tables import case_lines, cases, outbox

_REFERENCE = re.compile(r"[A-Z0-9-]{1,16}")
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, when, and with what."""

    staff: StaffMember
    now: datetime
    keyring: Keyring
    renderer: Renderer


def clean(text: str, longest: int) -> str:
    """A text without control and direction characters. Raises ValueError where it is empty or too long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c in "\n\t" or not _unwanted(c)).strip()
    if not kept:
        raise ValueError("the text is empty")
    if len(kept.encode("utf-16-le")) // 2 > longest:
        raise ValueError(f"the text is longer than {longest} characters")
    return kept


def _unwanted(character: str) -> bool:
    return character in _DIRECTION or unicodedata.category(character) in ("Cc", "Cs")


_BY_REFERENCE = (
    case_query()
    .where(cases.c.reference == bindparam("b_reference"), cases.c.helpline_id == bindparam("b_helpline"))
    .with_for_update(of=cases, key_share=True)
)


def by_reference(connection: Connection, hand: Hand, reference: str) -> CaseFile:
    bound = {"b_reference": normal_reference(reference), "b_helpline": hand.staff.helpline_id}
    row = connection.execute(_BY_REFERENCE, bound).one_or_none()
    if row is None:
        raise NotFound("there is no such case")
    return case_file(row)


def normal_reference(reference: str) -> str:
    """A reference as it is kept, however it was typed; empty for what can be none."""
    name = reference[:40].strip().upper()
    return name if _REFERENCE.fullmatch(name) else ""


def mine(connection: Connection, hand: Hand, reference: str) -> CaseFile:
    """A case that the acting person holds. Raises `NotFound`, or `Conflict` without a live lease."""
    case = by_reference(connection, hand, reference)
    require_mine(hand, case)
    return case


def require_mine(hand: Hand, case: CaseFile) -> None:
    if not case.open or case.holder_id != hand.staff.id or not case.held(hand.now):
        raise Conflict("the case is not yours, or no longer")


def leave(connection: Connection, hand: Hand, case: CaseFile, text: str, key: str, detail: str = "") -> None:
    """A system line for what was done, behind the note that goes with it, and the audit event."""
    lines = [note_line(hand, case, text)] if text else []
    token = f"{key}.{case.version}"
    lines.append(NewLine(token, Author.SYSTEM, hand.now, key=key, staff_id=hand.staff.id))
    add_lines(connection, hand.keyring, case, lines)
    add_event(connection, case.id, hand.staff.id, key, hand.now, detail)


def note_line(hand: Hand, case: CaseFile, text: str) -> NewLine:
    return NewLine(f"n.{case.version}", Author.NOTE, hand.now, text, staff_id=hand.staff.id)


def tell(connection: Connection, hand: Hand, case: CaseFile, key: str, **params: str) -> None:
    """A notice to the person in his or her language, which is also a line of the case."""
    message = words(hand, case.audience, Phrase(f"everyday.{key}", params), Kind.NOTICE)
    token = f"{key}.said.{case.version}"
    outbox_id = send(connection, hand, case, NewMessage(f"case.{case.id}.{token}", Kind.NOTICE, message))
    line = NewLine(token, Author.BOT, hand.now, plain(message), outbox_id=outbox_id)
    add_lines(connection, hand.keyring, case, [line])


def words(hand: Hand, audience: Audience, phrase: Phrase, kind: Kind) -> Message:
    return hand.renderer.render(Say((phrase,), kind=kind), audience, hand.now)[0]


def send(connection: Connection, hand: Hand, case: CaseFile, message: NewMessage) -> int:
    """Into the outbox, at the time and behind the words that the person allowed."""
    found = lane_of(connection, case.conversation_id)
    if found is None:
        raise Conflict("the person has erased this talk")
    lane, contact = found
    batch = [message]
    if not _talking(connection, hand, case):
        batch = _held_back(connection, hand, case, message, contact)
    return enqueue(connection, hand.keyring, lane, batch, hand.now, case.id)[-1]


def _talking(connection: Connection, hand: Hand, case: CaseFile) -> bool:
    last = connection.execute(_PERSON_WROTE, {"b_case": case.id}).scalar_one()
    return last is not None and hand.now - last <= TALKING


_PERSON_WROTE = select(func.max(case_lines.c.at)).where(
    case_lines.c.case_id == bindparam("b_case"), case_lines.c.author == word("person")
)


def _held_back(
    connection: Connection, hand: Hand, case: CaseFile, message: NewMessage, contact: SafeContact
) -> list[NewMessage]:
    """The message with its earliest time; with a neutral question before it where that was wished."""
    opens = contact.opens(hand.now, hand.renderer.timezone(case.audience.country))
    if opens is None:
        return [replace(message, waits=True)]
    later = opens if opens > hand.now else None
    if not contact.neutral:
        return [replace(message, not_before=later)]
    asked = connection.execute(_ASKED, {"b_lane": case.conversation_id}).scalar_one()
    waiting = [replace(message, waits=True)]
    if asked:
        return waiting
    question = hand.renderer.render(knocking(contact.opening), case.audience, hand.now)[0]
    knock = NewMessage(f"case.{case.id}.knock.{case.version}", Kind.NOTICE, question, not_before=later)
    return [knock, *waiting]


_ASKED = select(
    exists(ONE).where(
        outbox.c.conversation_id == bindparam("b_lane"), outbox.c.state == word("queued"), outbox.c.waits
    )
)


def finish(connection: Connection, hand: Hand, case: CaseFile, what: str) -> None:
    case.last_at = hand.now
    save_case(connection, case)
    alerts.post(connection, case, [what], hand.now)
    changes.note(connection, [(case.id, what)], hand.now)
