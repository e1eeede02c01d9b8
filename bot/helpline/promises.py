"""Who was told that somebody is at work, and then nobody came, is told so once, in time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.core.case import Author
from bot.core.dialogue.person import nobody_came
from bot.core.effects import Kind
from bot.core.ports import Renderer
from bot.core.taxonomy import Priority
from bot.helpline.casefile import CaseFile, NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.dispatch import NewMessage, enqueue, lane_of, plain
from bot.helpline.sql import word
from bot.helpline.tables import cases

_BATCH = 50


def tell_who_waits(connection: Connection, keyring: Keyring, renderer: Renderer, now: datetime) -> int:
    """One message to the person of each grave case that is overdue and unheld; returns how many cases."""
    overdue = case_query().where(
        cases.c.state == word("new"),
        cases.c.rank <= -Priority.URGENT,
        cases.c.due_at <= now,
        cases.c.promised,
    )
    rows = connection.execute(
        overdue.order_by(cases.c.id).limit(_BATCH).with_for_update(of=cases, key_share=True, skip_locked=True)
    ).all()
    for case in map(case_file, rows):
        case.promised = False
        _tell(connection, keyring, renderer, case, now)
        add_event(connection, case.id, None, "nobody_came", now)
        save_case(connection, case)
    return len(rows)


def _tell(
    connection: Connection, keyring: Keyring, renderer: Renderer, case: CaseFile, now: datetime
) -> None:
    found = lane_of(connection, case.conversation_id)
    if found is None:
        return
    lane, contact = found
    opens = contact.opens(now, renderer.timezone(case.audience.country))
    if opens != now or contact.neutral:
        return  # unasked and not neutral: such a message may be read by somebody else
    for number, message in enumerate(renderer.render(nobody_came(case.audience.country), case.audience, now)):
        token = f"nobody_came.{case.version}.{number}"
        said = NewMessage(f"case.{case.id}.{token}", Kind.SAFETY, message)
        ids = enqueue(connection, keyring, lane, [said], now, case.id)
        line = NewLine(token, Author.BOT, now, plain(message), outbox_id=ids[0])
        add_lines(connection, keyring, case, [line])
