"""What staff do with a case, each inside one transaction that holds the case alone."""

from __future__ import annotations

import html
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from bot.core.case import HELD_STATES, LEASE, Author, CaseState
from bot.core.effects import Kind, Message, Phrase
from bot.core.taxonomy import Priority
from bot.errors import Conflict, Outdated, Unsure
from bot.helpline import alerts, care, changes, exposure, places
from bot.helpline.announce import taken_back
from bot.helpline.casefile import CaseFile, NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.dispatch import NewMessage
from bot.helpline.hand import (
    Hand,
    by_reference,
    finish,
    leave,
    mine,
    note_line,
    require_mine,
    send,
    tell,
    words,
)
from bot.helpline.sql import ONE, word
from bot.helpline.tables import case_lines, cases
from bot.helpline.watch import OFTEN

LONGEST_REPLY = 3500
"""UTF-16 units, as Telegram counts; 4096 with the signature."""

LONGEST_NOTE = 10_000
STRANGER = timedelta(hours=12)
"""After this silence somebody else may have the phone in hand: who sends must be sure, or ask first."""

_SWEEP = 100


def claim(connection: Connection, hand: Hand, reference: str) -> None:
    """Take a case; taking one's own again only renews the lease.

    Raises `NotFound`, or `Conflict` where it is closed or somebody else has it.
    """
    case = by_reference(connection, hand, reference)
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
    """Take the gravest case that nobody has, the one due first among equals; its reference or None.

    Behind emergencies goes what the lead was called for twice: a routine case must not wait for ever. Who had
    several hard cases of late gets a lighter one first, where nothing must not wait. What one keeps away from
    is passed over (`care.for_me`).
    """
    own, mine = {"b_helpline": hand.staff.helpline_id}, care.for_me(connection, hand)
    row = connection.execute(_FIRST.where(mine), own).one_or_none()
    if row is not None and row.rank != -int(Priority.EMERGENCY):
        row = connection.execute(_AGED.where(mine), own).one_or_none() or row
    if row is None:
        return None
    case = case_file(row)
    if exposure.is_hard(case) and not exposure.must_not_wait(case, hand.now):
        case = _lighter(connection, hand, mine) or case
    _take(connection, hand, case)
    return case.reference


def _lighter(connection: Connection, hand: Hand, mine: ColumnElement[bool]) -> CaseFile | None:
    if exposure.lately(connection, hand.staff.id, hand.now) < exposure.MANY:
        return None
    own = {"b_helpline": hand.staff.helpline_id}
    row = connection.execute(_LIGHTER.where(mine), own).one_or_none()
    return None if row is None else case_file(row)


_UNHELD = (
    case_query()
    .where(cases.c.state == word("new"), cases.c.helpline_id == bindparam("b_helpline"))
    .limit(ONE)
    .with_for_update(of=cases, key_share=True, skip_locked=True)
)
_FIRST = _UNHELD.order_by(cases.c.rank, cases.c.due_at, cases.c.id)
_LIGHTER = _FIRST.where(exposure.LIGHT)
_AGED = _UNHELD.where(cases.c.alarm >= OFTEN).order_by(cases.c.due_at, cases.c.id)


def _take(connection: Connection, hand: Hand, case: CaseFile) -> None:
    """The claim and the notice to the person are one transaction: the bot is silent from here on."""
    care.back(connection, hand)
    case.state, case.holder_id, case.holder = CaseState.CLAIMED, hand.staff.id, hand.staff.name
    case.lease_until = hand.now + LEASE
    leave(connection, hand, case, "", "claimed")
    tell(connection, hand, case, "staff_joined", staff=hand.staff.name)
    finish(connection, hand, case, "claimed")


def heartbeat(connection: Connection, hand: Hand, reference: str) -> datetime:
    """Renew the lease; returns until when. Raises like `mine`."""
    case = mine(connection, hand, reference)
    case.lease_until = hand.now + LEASE
    save_case(connection, case)
    return case.lease_until


def release(connection: Connection, hand: Hand, reference: str, note: str) -> None:
    """Give a case back to the queue, with a word for the next one; the draft stays."""
    case = mine(connection, hand, reference)
    case.give_back()
    leave(connection, hand, case, note, "released")
    if not taken_back(connection, case, hand.now):
        tell(connection, hand, case, "staff_released")
    finish(connection, hand, case, "released")


def reply(
    connection: Connection, hand: Hand, reference: str, text: str, seen: int, token: str, sure: bool
) -> int:
    """Send a text to the person; returns the line's id. The same ``token`` again changes nothing.

    Raises `NotFound`, `Conflict` without a live lease, `Outdated` where the person wrote a line
    after ``seen``, `Unsure` after a long silence where the sender did not say that it is the same person.
    """
    case = by_reference(connection, hand, reference)
    token = f"s.{token}"
    mine = select(case_lines.c.id).where(case_lines.c.case_id == case.id, case_lines.c.token == token)
    known = connection.execute(mine).scalar_one_or_none()
    if known is not None:
        return known
    require_mine(hand, case)
    if connection.execute(_NEWEST_OF_PERSON, {"b_case": case.id}).scalar_one() > seen:
        raise Outdated
    if not sure and (silence := case.silent_for(hand.now)) is not None and silence >= STRANGER:
        raise Unsure
    phrase = Phrase("everyday.staff_signature", {"staff": hand.staff.name})
    signature = words(hand, case.audience, phrase, Kind.STAFF)
    message = Message(f"{html.escape(text, quote=False)}\n\n— {signature.html}")
    ids = send(connection, hand, case, NewMessage(f"case.{case.id}.{token}", Kind.STAFF, message))
    case.state, case.draft, case.lease_until = CaseState.WAITING_PERSON, None, hand.now + LEASE
    case.answered_at = case.answered_at or hand.now
    if case.waited is None:
        case.waited = int((hand.now - case.opened_at).total_seconds())
    line = NewLine(token, Author.STAFF, hand.now, text, staff_id=hand.staff.id, outbox_id=ids)
    line_id = add_lines(connection, hand.keyring, case, [line])[0]
    add_event(connection, case.id, hand.staff.id, "replied", hand.now)
    finish(connection, hand, case, "line")
    return line_id


_NEWEST_OF_PERSON = select(func.coalesce(func.max(case_lines.c.id), 0)).where(
    case_lines.c.case_id == bindparam("b_case"), case_lines.c.author == word("person")
)


def note(connection: Connection, hand: Hand, reference: str, text: str) -> int:
    """Keep a note for the staff; anybody who may see the case can. Returns the line's id."""
    case = by_reference(connection, hand, reference)
    if case.wrapped_key is None:
        raise Conflict("the case's words are erased")
    line_id = add_lines(connection, hand.keyring, case, [note_line(hand, case, text)])[0]
    add_event(connection, case.id, hand.staff.id, "noted", hand.now)
    finish(connection, hand, case, "line")
    return line_id


def save_draft(connection: Connection, hand: Hand, reference: str, text: str) -> None:
    """Keep an unsent reply with the case, where it outlives a change of its holder."""
    case = mine(connection, hand, reference)
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
        holder = case.holder_id
        case.give_back()
        taken_back(connection, case, now)
        line = NewLine(f"l{case.version}", Author.SYSTEM, now, key="lapsed", staff_id=holder)
        add_lines(connection, keyring, case, [line])
        add_event(connection, case.id, holder, "lapsed", now)
        save_case(connection, case)
        alerts.post(connection, case, ["lapsed"], now)
    changes.note(connection, [(row.id, "lapsed") for row in rows], now)
    return len(rows)


_HELD = [word(state.value) for state in HELD_STATES]
