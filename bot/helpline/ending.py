"""The end of a case, what is recorded at it, and the day on which somebody asks again."""

from __future__ import annotations

from datetime import UTC, datetime, time

from sqlalchemy import Connection, delete, exists, insert, select, update

from bot.core.case import Author
from bot.core.closing import FRAMEWORK, Closing
from bot.core.outcome import Outcome
from bot.core.taxonomy import Priority
from bot.errors import SecondNeeded
from bot.helpline import alerts, changes
from bot.helpline.casefile import CaseFile, NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.hand import Hand, finish, leave, mine, tell
from bot.helpline.sql import ONE
from bot.helpline.tables import cases
from bot.helpline.work_tables import case_records

_BATCH = 50


def close(connection: Connection, hand: Hand, reference: str, closing: Closing, note: str) -> None:
    """End a case and keep what was recorded; ``closing.tell`` says so to the person.

    Raises `SecondNeeded` for an emergency that only one person has seen, unless it is closed ``alone`` for
    a reason given in the note; then the lead is told.
    """
    case = mine(connection, hand, reference)
    alone = _alone(case, closing, note)
    case.close(closing.outcome.value, hand.now)
    leave(connection, hand, case, note, "closed", f"outcome={closing.outcome.value}")
    _keep(connection, hand, case, closing)
    if closing.tell:
        tell(connection, hand, case, "staff_left")
    if alone:
        add_event(connection, case.id, hand.staff.id, "closed_alone", hand.now)
        alerts.post(connection, case, ["closed_alone"], hand.now)
    finish(connection, hand, case, "closed")


def _alone(case: CaseFile, closing: Closing, note: str) -> bool:
    """Whether an emergency is closed by one person."""
    if case.priority is not Priority.EMERGENCY or case.second_id not in (None, case.holder_id):
        return False
    if not (closing.alone and note):
        raise SecondNeeded
    return True


def _keep(connection: Connection, hand: Hand, case: CaseFile, closing: Closing) -> None:
    judged = {flag: right for flag, right in closing.flags_right.items() if flag in case.flags}
    connection.execute(delete(case_records).where(case_records.c.case_id == case.id))
    row = {
        "case_id": case.id,
        "framework": FRAMEWORK,
        "categories": closing.categories,
        "referral": closing.referral,
        "right": tuple(flag for flag, right in judged.items() if right),
        "wrong": tuple(flag for flag, right in judged.items() if not right),
        "staff_id": hand.staff.id,
        "follow_up_at": None
        if closing.follow_up is None
        else datetime.combine(closing.follow_up, time(8), UTC),
        "at": hand.now,
    }
    connection.execute(
        insert(case_records).values({case_records.c[name]: value for name, value in row.items()})
    )


def record_of(connection: Connection, case: CaseFile) -> Closing | None:
    """What was recorded when a case was closed last."""
    row = connection.execute(select(case_records).where(case_records.c.case_id == case.id)).one_or_none()
    if row is None:
        return None
    judged = {**dict.fromkeys(row.right, True), **dict.fromkeys(row.wrong, False)}
    day = None if row.follow_up_at is None else row.follow_up_at.date()
    outcome = Outcome(case.outcome) if case.outcome else Outcome.SUPPORTED
    return Closing(outcome, row.categories, row.referral, judged, day, at=row.at)


def follow_up(connection: Connection, keyring: Keyring, now: datetime) -> int:
    """Cases whose day has come go back into the queue; returns how many.

    Where the person has another open case meanwhile, that one is the place to ask, and nothing is opened.
    """
    days = select(case_records.c.case_id).where(case_records.c.follow_up_at <= now)
    ids = connection.execute(days.order_by(case_records.c.follow_up_at).limit(_BATCH)).scalars().all()
    if not ids:
        return 0
    open_one = cases.alias("open_one")
    busy = exists(ONE).where(
        open_one.c.conversation_id == cases.c.conversation_id, open_one.c.state != "closed"
    )
    due = (
        case_query()
        .where(cases.c.id.in_(ids), cases.c.state == "closed")
        .where(cases.c.conversation_id.is_not(None), cases.c.data_key.is_not(None), ~busy)
        .order_by(cases.c.id)
        .with_for_update(of=cases, key_share=True, skip_locked=True)
    )
    found = [case_file(row) for row in connection.execute(due)]
    for case in found:
        case.reopen(now)
        case.priority, case.last_at = Priority.ROUTINE, now
        case.due_from(now)
        save_case(connection, case)
        line = NewLine(f"follow_up.{case.version}", Author.SYSTEM, now, key="follow_up")
        add_lines(connection, keyring, case, [line])
        add_event(connection, case.id, None, "follow_up", now)
        alerts.post(connection, case, ["reopened"], now)
    done = update(case_records).where(case_records.c.case_id.in_(ids))
    connection.execute(done.values(follow_up_at=None))
    changes.note(connection, [(case.id, "reopened") for case in found], now)
    return len(found)
