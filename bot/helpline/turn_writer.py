"""Writes what a turn gathered: one function, one trip to the database, before the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from bot.core.case import Author
from bot.core.effects import Kind
from bot.errors import Conflict
from bot.helpline import alerts, changes, erasures, places, weekly
from bot.helpline.casefile import (
    CaseFile,
    NewLine,
    add_event,
    add_lines,
    erase_words,
    line_content,
    save_case,
    spots_of,
)
from bot.helpline.crypto import Keyring
from bot.helpline.dispatch import Lane, enqueue, load_message, plain
from bot.helpline.routing import route
from bot.helpline.sql import ONE, moment, word
from bot.helpline.tables import case_lines, cases, conversations, inbox, outbox, transcript
from bot.helpline.tallies import add_tallies
from bot.helpline.turn_unit import Unit

KEPT = timedelta(hours=12)
"""How long words of a talk without danger are kept, so that a case opened later has its beginning."""

_SEEN = timedelta(days=1)


def write_turn(connection: Connection, keyring: Keyring, unit: Unit) -> None:
    """Write all of a turn and mark its update done.

    Raises `Conflict` where the conversation or the case was changed by somebody else in between.
    """
    if _has_something(unit):
        _write_conversation(connection, keyring, unit)
    done = [unit.inbox_id, *(other.inbox_id for other in unit.taken.others)]
    connection.execute(_DONE, [{"b_id": inbox_id, "now": unit.now} for inbox_id in done])
    add_tallies(connection, unit.tallies, str((unit.new_state or {}).get("language", "")), unit.now)
    if unit.case is not None and unit.happened:
        alerts.post(connection, unit.case, [*dict.fromkeys(unit.happened)], unit.now)
        changes.note(connection, [(unit.case.id, what) for what in dict.fromkeys(unit.happened)], unit.now)


_DONE = (
    update(inbox)
    .where(inbox.c.id == bindparam("b_id"))
    .values(state="done", raw=None, chat_id=None, finished_at=moment("now"), error=None)
)


def _has_something(unit: Unit) -> bool:
    touched = unit.forgotten or unit.case_changed or unit.unreachable != unit.taken.unreachable
    touched = touched or unit.released or bool(unit.messages)
    return touched or unit.new_state is not None or bool(unit.lines)


def _write_conversation(connection: Connection, keyring: Keyring, unit: Unit) -> None:
    conversation_id = _conversation(connection, keyring, unit)
    if unit.forgotten:
        _forget(connection, conversation_id, unit.taken.chat_key, unit.now)
    for due in unit.tips:
        weekly.subscribe(connection, conversation_id, due)
    if unit.unreachable and not unit.taken.unreachable:
        connection.execute(_ALL_UNREACHABLE, {"b_lane": conversation_id, "now": unit.now})
    if unit.released:
        connection.execute(_RELEASE, {"b_lane": conversation_id, "now": unit.now})
    case, kept = unit.case, list[NewLine]()
    if case is not None and unit.case_opened:
        case.conversation_id = conversation_id
        route(connection, case, unit.now)
        connection.execute(_RENUMBER, {"b_lane": conversation_id, "b_incident": case.incident})
        save_case(connection, case)
        kept = _take_kept(connection, keyring, unit, case)
    talks_in_case = case is not None and case.open
    lane = Lane(unit.taken.bot_id, conversation_id, unit.unreachable)
    case_id = case.id if case is not None and talks_in_case else None
    ids = enqueue(connection, keyring, lane, unit.messages, unit.now, case_id)
    if case is not None and (talks_in_case or unit.words_erased):
        _write_case(connection, keyring, unit, case, kept, ids)
    elif not unit.forgotten:
        _keep(connection, keyring, unit, conversation_id)


def _conversation(connection: Connection, keyring: Keyring, unit: Unit) -> int:
    """The id of the conversation's row, made or brought up to date."""
    taken = unit.taken
    state = unit.new_state
    if state is None:
        state = {} if unit.forgotten else taken.state
    place = places.conversation_state(taken.chat_key)
    values = {
        "state": keyring.encrypt(dict(state), place) if state else None,
        "unreachable": unit.unreachable,
        "seen_at": unit.now,
        "forgotten_at": unit.now if unit.forgotten else None,
        "contact_when": unit.new_contact.when,
        "contact_opening": unit.new_contact.opening,
    }
    if taken.conversation_id is None:
        chat = {
            "bot_id": taken.bot_id,
            "chat_key": taken.chat_key,
            "chat_id": keyring.encrypt(unit.chat_id, places.chat_id(taken.chat_key)),
            "version": 1,
            "created_at": unit.now,
        }
        return connection.execute(_NEW_CONVERSATION, {**chat, **values}).scalar_one()
    old = taken.seen_at is None or unit.now - taken.seen_at > _SEEN
    old = old or unit.new_contact != taken.contact
    if old or unit.forgotten or dict(state) != dict(taken.state) or unit.unreachable != taken.unreachable:
        known = {"b_id": taken.conversation_id, "b_version": taken.version}
        update_values = {**values, "version": taken.version + 1, **known}
        if connection.execute(_UPDATE_CONVERSATION, update_values).rowcount != 1:
            raise Conflict("the conversation was changed in between")
    return taken.conversation_id


_NEW_CONVERSATION = insert(conversations).returning(conversations.c.id)
_UPDATE_CONVERSATION = update(conversations).where(
    conversations.c.id == bindparam("b_id"), conversations.c.version == bindparam("b_version")
)
_ALL_UNREACHABLE = (
    update(outbox)
    .where(outbox.c.conversation_id == bindparam("b_lane"), outbox.c.state == word("queued"))
    .values(state="unreachable", finished_at=moment("now"))
)
_RELEASE = (
    update(outbox)
    .where(outbox.c.conversation_id == bindparam("b_lane"), outbox.c.state == word("queued"), outbox.c.waits)
    .values(waits=False, not_before=None, due_at=moment("now"))
)
# A closed case whose number the dialogue counts again (its memory was erased) gives the number up:
# a new danger must never fail to open a case because an old one had the same number.
_RENUMBER = (
    update(cases)
    .where(
        cases.c.conversation_id == bindparam("b_lane"),
        cases.c.incident == bindparam("b_incident"),
        cases.c.state == word("closed"),
    )
    .values(incident=-cases.c.id)
)


def _take_kept(connection: Connection, keyring: Keyring, unit: Unit, case: CaseFile) -> list[NewLine]:
    """The beginning of the talk, both sides in order of time; the kept lines move into the case."""
    lane, since = case.conversation_id, unit.now - KEPT
    own = select(transcript).where(transcript.c.conversation_id == lane, transcript.c.expires_at > unit.now)
    lines = []
    for row in connection.execute(own.order_by(transcript.c.id)):
        place = places.transcript_body(unit.taken.chat_key, row.token)
        content = keyring.decrypt(row.body, place)
        line = NewLine(f"k{row.token}", Author(row.author), row.at, content["t"], flags=row.flags)
        lines.append(replace(line, spots=spots_of(content), edited=row.edited))
    said = select(outbox.c.id, outbox.c.token, outbox.c.payload, outbox.c.created_at).where(
        outbox.c.conversation_id == lane,
        outbox.c.case_id.is_(None),
        outbox.c.created_at > since,
        outbox.c.payload.is_not(None),
    )
    rows = connection.execute(said.order_by(outbox.c.id)).all()
    for row in rows:
        message = load_message(keyring.decrypt(row.payload, places.outbox_payload(row.token)))
        line = NewLine(f"o{row.id}", Author.BOT, row.created_at, plain(message), outbox_id=row.id)
        lines.append(line)
    if rows:
        mine = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
        connection.execute(mine.values(case_id=case.id))
    connection.execute(delete(transcript).where(transcript.c.conversation_id == lane))
    return sorted(lines, key=lambda line: line.at)


def _write_case(
    connection: Connection,
    keyring: Keyring,
    unit: Unit,
    case: CaseFile,
    kept: Sequence[NewLine],
    outbox_ids: Sequence[int],
) -> None:
    """The turn's lines, with each message of the bot tied to its place in the outbox."""
    if unit.words_erased:
        lines = [line for line in unit.lines if line.author is Author.SYSTEM]
    else:
        sent = {item.token: row_id for item, row_id in zip(unit.messages, outbox_ids, strict=True)}
        lines = [replace(line, outbox_id=sent.get(line.token)) for line in unit.lines]
    if unit.lines or unit.case_changed:
        case.last_at = unit.now
        save_case(connection, case)
    if unit.words_erased:
        erasures.note(connection, erasures.Erased(unit.now, case=case.reference))
        erase_words(connection, case)
    add_lines(connection, keyring, case, [*kept, *lines])
    for what, detail in unit.events:
        add_event(connection, case.id, None, what, unit.now, detail)
    if any(line.author is not Author.SYSTEM for line in lines):
        unit.happened.append("line")


def _keep(connection: Connection, keyring: Keyring, unit: Unit, conversation_id: int) -> None:
    """Words of the person are kept for some hours; the bot's own are in the outbox as long."""
    key = unit.taken.chat_key
    rows = [
        {
            "conversation_id": conversation_id,
            "token": line.token,
            "author": line.author.value,
            "body": keyring.encrypt(
                line_content(line.text, line.spots), places.transcript_body(key, line.token)
            ),
            "flags": line.flags,
            "edited": line.edited,
            "at": line.at,
            "expires_at": unit.now + KEPT,
        }
        for line in unit.lines
        if line.author not in (Author.BOT, Author.SYSTEM)
    ]
    if rows:
        connection.execute(_KEEP, rows)


_KEEP = insert(transcript)


def _forget(connection: Connection, conversation_id: int, chat_key: bytes, now: datetime) -> None:
    """Erase kept lines, closed cases' words and what was sent; closed cases lose their person."""
    lane = conversation_id
    closed = select(cases.c.id).where(cases.c.conversation_id == lane, cases.c.state == word("closed"))
    erasures.note_cases(connection, connection.execute(closed).scalars().all(), now)
    erasures.note(connection, erasures.Erased(now, chat=chat_key.hex()))
    connection.execute(delete(transcript).where(transcript.c.conversation_id == lane))
    weekly.subscribe(connection, lane, None)
    connection.execute(update(case_lines).where(case_lines.c.case_id.in_(closed)).values(body=None))
    connection.execute(
        update(cases)
        .where(cases.c.conversation_id == lane, cases.c.state == word("closed"))
        .values(data_key=None, draft=None, conversation_id=None)
    )
    waiting = (outbox.c.conversation_id == lane, outbox.c.state == word("queued"))
    answers = update(outbox).where(*waiting, outbox.c.kind == Kind.ANSWER.value)
    connection.execute(answers.values(state="cancelled"))
    opened = exists(ONE).where(cases.c.conversation_id == lane, cases.c.state != word("closed"))
    held = update(outbox).where(*waiting, outbox.c.waits, ~opened)
    connection.execute(held.values(state="cancelled"))
    over = outbox.c.state.not_in(("queued", "sending"))
    connection.execute(update(outbox).where(outbox.c.conversation_id == lane, over).values(payload=None))
    dead = update(inbox).where(inbox.c.chat_key == chat_key, inbox.c.state == word("dead"))
    connection.execute(dead.values(state="done", raw=None, chat_id=None))
