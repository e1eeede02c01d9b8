"""What staff do with a case, each inside one transaction that holds the case alone."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select

from bot.core.case import HELD_STATES, LEASE, Author, CaseState, Outcome
from bot.core.contact import TALKING, SafeContact
from bot.core.effects import Audience, Kind, Message, Phrase, Say
from bot.core.ports import Renderer
from bot.errors import Conflict, NotFound, Outdated
from bot.helpline import changes, places
from bot.helpline.casefile import (
    CaseFile,
    NewLine,
    add_event,
    add_lines,
    case_file,
    case_query,
    save_case,
)
from bot.helpline.crypto import Keyring
from bot.helpline.dispatch import Lane, NewMessage, enqueue, plain
from bot.helpline.sql import ONE, word
from bot.helpline.staff import StaffMember
from bot.helpline.tables import case_lines, cases, conversations, outbox

LONGEST_REPLY = 3500
"""UTF-16 units, as Telegram counts; 4096 with the signature."""

LONGEST_NOTE = 10_000
_SWEEP = 100
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


def claim(connection: Connection, hand: Hand, reference: str) -> None:
    """Take a case; taking one's own again only renews the lease.

    Raises `NotFound`, or `Conflict` where it is closed or somebody else has it.
    """
    case = _by_reference(connection, hand, reference)
    if not case.open:
        raise Conflict("the case is closed")
    if not case.held(hand.now):
        _take(connection, hand, case)
    elif case.holder_id != hand.staff.id:
        raise Conflict("somebody else has the case")
    else:
        case.lease_until = hand.now + LEASE
        save_case(connection, case)


def take_next(connection: Connection, hand: Hand) -> str | None:
    """Take the gravest case that nobody has, the one due first among equals; its reference or None."""
    row = connection.execute(_FIRST, {"b_helpline": hand.staff.helpline_id}).one_or_none()
    if row is None:
        return None
    case = case_file(row)
    _take(connection, hand, case)
    return case.reference


_FIRST = (
    case_query()
    .where(cases.c.state == word("new"), cases.c.helpline_id == bindparam("b_helpline"))
    .order_by(cases.c.rank, cases.c.due_at, cases.c.id)
    .limit(ONE)
    .with_for_update(of=cases, key_share=True, skip_locked=True)
)


def heartbeat(connection: Connection, hand: Hand, reference: str) -> datetime:
    """Renew the lease; returns until when. Raises like `_mine`."""
    case = _mine(connection, hand, reference)
    case.lease_until = hand.now + LEASE
    save_case(connection, case)
    return case.lease_until


def release(connection: Connection, hand: Hand, reference: str, note: str) -> None:
    """Give a case back to the queue, with a word for the next one; the draft stays."""
    case = _mine(connection, hand, reference)
    case.state, case.holder_id, case.lease_until = CaseState.NEW, None, None
    case.holder = ""
    _leave(connection, hand, case, note, "released")
    _tell(connection, hand, case, "staff_released")
    _finish(connection, hand, case, "released")


def close(
    connection: Connection, hand: Hand, reference: str, outcome: Outcome, note: str, tell: bool
) -> None:
    """End a case; ``tell`` says so to the person."""
    case = _mine(connection, hand, reference)
    case.close(outcome.value, hand.now)
    _leave(connection, hand, case, note, "closed", f"outcome={outcome.value}")
    if tell:
        _tell(connection, hand, case, "staff_left")
    _finish(connection, hand, case, "closed")


def reply(connection: Connection, hand: Hand, reference: str, text: str, seen: int, token: str) -> int:
    """Send a text to the person; returns the line's id. The same ``token`` again changes nothing.

    Raises `NotFound`, `Conflict` without a live lease, `Outdated` where the person wrote a line
    after ``seen``.
    """
    case = _by_reference(connection, hand, reference)
    token = f"s.{token}"
    mine = select(case_lines.c.id).where(case_lines.c.case_id == case.id, case_lines.c.token == token)
    known = connection.execute(mine).scalar_one_or_none()
    if known is not None:
        return known
    _require_mine(hand, case)
    if connection.execute(_NEWEST_OF_PERSON, {"b_case": case.id}).scalar_one() > seen:
        raise Outdated
    phrase = Phrase("everyday.staff_signature", {"staff": hand.staff.name})
    signature = _words(hand, case.audience, phrase, Kind.STAFF)
    message = Message(f"{html.escape(text, quote=False)}\n\n— {signature.html}")
    ids = _send(connection, hand, case, NewMessage(f"case.{case.id}.{token}", Kind.STAFF, message))
    case.state, case.draft, case.lease_until = CaseState.WAITING_PERSON, None, hand.now + LEASE
    case.answered_at = case.answered_at or hand.now
    line = NewLine(token, Author.STAFF, hand.now, text, staff_id=hand.staff.id, outbox_id=ids)
    line_id = add_lines(connection, hand.keyring, case, [line])[0]
    add_event(connection, case.id, hand.staff.id, "replied", hand.now)
    _finish(connection, hand, case, "line")
    return line_id


_NEWEST_OF_PERSON = select(func.coalesce(func.max(case_lines.c.id), 0)).where(
    case_lines.c.case_id == bindparam("b_case"), case_lines.c.author == word("person")
)


def note(connection: Connection, hand: Hand, reference: str, text: str) -> int:
    """Keep a note for the staff; anybody who may see the case can. Returns the line's id."""
    case = _by_reference(connection, hand, reference)
    if case.wrapped_key is None:
        raise Conflict("the case's words are erased")
    line_id = add_lines(connection, hand.keyring, case, [_note_line(hand, case, text)])[0]
    add_event(connection, case.id, hand.staff.id, "noted", hand.now)
    _finish(connection, hand, case, "line")
    return line_id


def save_draft(connection: Connection, hand: Hand, reference: str, text: str) -> None:
    """Keep an unsent reply with the case, where it outlives a change of its holder."""
    case = _mine(connection, hand, reference)
    key = case.key(hand.keyring)
    case.draft = None
    if text and key is not None:
        case.draft = key.encrypt(text, places.case_draft(case.reference))
    case.lease_until = hand.now + LEASE
    save_case(connection, case)


def sweep(connection: Connection, keyring: Keyring, now: datetime) -> int:
    """Return cases whose lease ran out to the queue, with their drafts; returns how many."""
    lapsed = case_query().where(cases.c.lease_until <= now, cases.c.state.in_(_HELD))
    rows = connection.execute(
        lapsed.order_by(cases.c.id).limit(_SWEEP).with_for_update(of=cases, key_share=True, skip_locked=True)
    ).all()
    for case in map(case_file, rows):
        holder, case.holder_id, case.lease_until = case.holder_id, None, None
        case.state = CaseState.NEW
        line = NewLine(f"l{case.version}", Author.SYSTEM, now, key="lapsed", staff_id=holder)
        add_lines(connection, keyring, case, [line])
        add_event(connection, case.id, holder, "lapsed", now)
        save_case(connection, case)
    changes.note(connection, [(row.id, "lapsed") for row in rows], now)
    return len(rows)


_HELD = [word(state.value) for state in HELD_STATES]
_BY_REFERENCE = (
    case_query()
    .where(cases.c.reference == bindparam("b_reference"), cases.c.helpline_id == bindparam("b_helpline"))
    .with_for_update(of=cases, key_share=True)
)


def _by_reference(connection: Connection, hand: Hand, reference: str) -> CaseFile:
    bound = {"b_reference": normal_reference(reference), "b_helpline": hand.staff.helpline_id}
    row = connection.execute(_BY_REFERENCE, bound).one_or_none()
    if row is None:
        raise NotFound("there is no such case")
    return case_file(row)


def normal_reference(reference: str) -> str:
    """A reference as it is kept, however it was typed; empty for what can be none."""
    name = reference[:40].strip().upper()
    return name if _REFERENCE.fullmatch(name) else ""


def _mine(connection: Connection, hand: Hand, reference: str) -> CaseFile:
    """A case that the acting person holds. Raises `NotFound`, or `Conflict` without a live lease."""
    case = _by_reference(connection, hand, reference)
    _require_mine(hand, case)
    return case


def _require_mine(hand: Hand, case: CaseFile) -> None:
    if not case.open or case.holder_id != hand.staff.id or not case.held(hand.now):
        raise Conflict("the case is not yours, or no longer")


def _take(connection: Connection, hand: Hand, case: CaseFile) -> None:
    """The claim and the notice to the person are one transaction: the bot is silent from here on."""
    case.state, case.holder_id, case.holder = CaseState.CLAIMED, hand.staff.id, hand.staff.name
    case.lease_until = hand.now + LEASE
    _leave(connection, hand, case, "", "claimed")
    _tell(connection, hand, case, "staff_joined", staff=hand.staff.name)
    _finish(connection, hand, case, "claimed")


def _leave(connection: Connection, hand: Hand, case: CaseFile, text: str, key: str, detail: str = "") -> None:
    """A system line for what was done, behind the note that goes with it, and the audit event."""
    lines = [_note_line(hand, case, text)] if text else []
    token = f"{key}.{case.version}"
    lines.append(NewLine(token, Author.SYSTEM, hand.now, key=key, staff_id=hand.staff.id))
    add_lines(connection, hand.keyring, case, lines)
    add_event(connection, case.id, hand.staff.id, key, hand.now, detail)


def _note_line(hand: Hand, case: CaseFile, text: str) -> NewLine:
    return NewLine(f"n.{case.version}", Author.NOTE, hand.now, text, staff_id=hand.staff.id)


def _tell(connection: Connection, hand: Hand, case: CaseFile, key: str, **params: str) -> None:
    """A notice to the person in his or her language, which is also a line of the case."""
    message = _words(hand, case.audience, Phrase(f"everyday.{key}", params), Kind.NOTICE)
    token = f"{key}.said.{case.version}"
    outbox_id = _send(connection, hand, case, NewMessage(f"case.{case.id}.{token}", Kind.NOTICE, message))
    line = NewLine(token, Author.BOT, hand.now, plain(message), outbox_id=outbox_id)
    add_lines(connection, hand.keyring, case, [line])


def _words(hand: Hand, audience: Audience, phrase: Phrase, kind: Kind) -> Message:
    return hand.renderer.render(Say((phrase,), kind=kind), audience, hand.now)[0]


def _send(connection: Connection, hand: Hand, case: CaseFile, message: NewMessage) -> int:
    """Into the outbox, at the time and behind the words that the person allowed."""
    query = select(conversations.c.bot_id, conversations.c.unreachable)
    query = query.add_columns(conversations.c.contact_when, conversations.c.contact_neutral)
    row = connection.execute(query.where(conversations.c.id == case.conversation_id)).one_or_none()
    if row is None or case.conversation_id is None:
        raise Conflict("the person has erased this talk")
    lane = Lane(row.bot_id, case.conversation_id, row.unreachable)
    contact = SafeContact(row.contact_when, row.contact_neutral)
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
    words = _words(hand, case.audience, Phrase("everyday.contact_knock"), Kind.NOTICE)
    knock = NewMessage(f"case.{case.id}.knock.{case.version}", Kind.NOTICE, words, not_before=later)
    return [knock, *waiting]


_ASKED = select(
    exists(ONE).where(
        outbox.c.conversation_id == bindparam("b_lane"), outbox.c.state == word("queued"), outbox.c.waits
    )
)


def _finish(connection: Connection, hand: Hand, case: CaseFile, what: str) -> None:
    case.last_at = hand.now
    save_case(connection, case)
    changes.note(connection, [(case.id, what)], hand.now)
