"""Taking back what was to tell the person who answers, where nobody does any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select, update

from bot.helpline.casefile import CaseFile
from bot.helpline.sql import ONE, word
from bot.helpline.tables import outbox


def taken_back(connection: Connection, case: CaseFile, now: datetime) -> bool:
    """Take back "from now on … answers you" where it still waits for its time, as the case goes back.

    Hours later it would be untrue. The neutral words before it go too, unless a reply waits behind them.
    Returns whether there was one: then nobody needs to be told of a leaving.
    """
    gone = _take_back(connection, case, "staff_joined", now)
    if gone and not connection.execute(_WAITS, {"b_case": case.id}).scalar_one():
        _take_back(connection, case, "knock", now)
    return gone


def _take_back(connection: Connection, case: CaseFile, name: str, now: datetime) -> bool:
    named = f"case.{case.id}.{name}."
    bound = {"b_case": case.id, "b_token": named, "b_length": len(named), "b_now": now}
    return connection.execute(_TAKE_BACK, bound).rowcount > 0


_queued = (outbox.c.case_id == bindparam("b_case"), outbox.c.state == word("queued"))
_TAKE_BACK = (
    update(outbox)
    .where(*_queued, func.substr(outbox.c.token, 1, bindparam("b_length")) == bindparam("b_token"))
    .values(state="cancelled", finished_at=bindparam("b_now", type_=outbox.c.finished_at.type))
)
_WAITS = select(exists(ONE).where(*_queued, outbox.c.waits))
