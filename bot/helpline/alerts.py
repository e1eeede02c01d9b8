"""Alerts: who is told outside of the console that something happened, never with words of people.

An alert is a row for each receiver, written in the transaction of what happened and sent afterwards by
`bot.helpline.alert_sender`, with retries. A webhook hears of everything that happens to a case; people
are called only for what cannot wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, insert, select

from bot.core.taxonomy import Priority
from bot.helpline.casefile import CaseFile
from bot.helpline.helplines import default_helpline_id
from bot.helpline.sql import ONE
from bot.helpline.tables import helplines
from bot.helpline.work_tables import alert_receivers, alerts

CALLS = frozenset({"emergency", "overdue", "overdue_again", "lapsed", "help_asked", "closed_alone"})
"""What people are called for by e-mail and in the staff's Telegram group."""

TEST = "test"
"""Asked for by an administrator, to see whether the receivers get anything."""

DEAD_LETTER = "dead_letter"
"""A message of a person could not be handled; whoever runs the installation must look."""

STANDSTILL = "standstill"
"""Messages of people wait and nobody works on them, or those to people do not go out."""

EVENTS = (
    *(
        "opened",
        "raised",
        "lowered",
        "reopened",
        "line",
        "confirmed_person",
        "confirmed_information",
        "confirmed_wrong",
    ),
    *("contact_set", "unreachable", "reachable", "claimed", "released", "lapsed", "offered", "help_asked"),
    *(
        "second",
        "merged",
        "parted",
        "overdue",
        "overdue_again",
        "closed",
        "closed_alone",
        DEAD_LETTER,
        STANDSTILL,
        TEST,
    ),
)
"""What a webhook can hear of; the API's document lists it."""

_ONE_AN = timedelta(hours=1)


def post(connection: Connection, case: CaseFile, happened: Sequence[str], now: datetime) -> None:
    """Write down whom to tell of what happened to a case."""
    receivers = connection.execute(_RECEIVERS, {"b_id": case.helpline_id}).all()
    rows = []
    for what in _worth_telling(happened):
        called = _call(what, case)
        for one in receivers:
            event = what if one.channel == "webhook" else called
            if one.channel == "webhook" or event in CALLS:
                content = content_of(case, one.code)
                rows.append({**_to(one, event, now), "case_id": case.id, "content": content})
    _write(connection, rows)


def post_test(connection: Connection, helpline_id: int, now: datetime) -> int:
    """Write down a test for each receiver of a helpline; how many."""
    return _post_about_nobody(connection, helpline_id, TEST, now)


def post_trouble(connection: Connection, event: str, now: datetime) -> bool:
    """Tell the default helpline, which runs the installation, of a dead letter or a standstill.

    At most once an hour of each, for one fault makes many; whether it was told now.
    """
    lately = and_(alerts.c.event == event, alerts.c.created_at > now - _ONE_AN)
    if connection.execute(select(exists(ONE).where(lately))).scalar_one():
        return False
    return _post_about_nobody(connection, default_helpline_id(connection), event, now) > 0


def _post_about_nobody(connection: Connection, helpline_id: int, event: str, now: datetime) -> int:
    receivers = connection.execute(_RECEIVERS, {"b_id": helpline_id}).all()
    rows = [{**_to(one, event, now), "case_id": None, "content": {"helpline": one.code}} for one in receivers]
    _write(connection, rows)
    return len(rows)


_RECEIVERS = (
    select(alert_receivers.c.id, alert_receivers.c.channel, alert_receivers.c.helpline_id, helplines.c.code)
    .join_from(alert_receivers, helplines)
    .where(alert_receivers.c.helpline_id == bindparam("b_id"))
    .order_by(alert_receivers.c.id)
)


def _worth_telling(happened: Sequence[str]) -> list[str]:
    """That a line came need not be told beside what made it come."""
    return [what for what in happened if what != "line" or len(happened) == 1]


def _call(what: str, case: CaseFile) -> str:
    """What people are called for; a new or raised emergency has a name of its own."""
    if what in ("opened", "raised", "reopened") and case.priority is Priority.EMERGENCY:
        return "emergency"
    return what


def _to(receiver: Any, event: str, now: datetime) -> dict[str, Any]:
    return {
        "helpline_id": receiver.helpline_id,
        "receiver_id": receiver.id,
        "channel": receiver.channel,
        "event": event,
        "attempts": 0,
        "state": "queued",
        "created_at": now,
        "due_at": now,
    }


def _write(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(alerts), rows)


def content_of(case: CaseFile, helpline: str) -> dict[str, Any]:
    """Codes and times only; what the person spoke of is read where it is looked after: by the API."""
    return {
        "helpline": helpline,
        "case": case.reference,
        "priority": case.priority.name.lower(),
        "state": case.state.value,
        "language": case.audience.language,
        "country": case.audience.country,
        "due_at": case.due_at.isoformat(),
        "outcome": case.outcome,
    }
