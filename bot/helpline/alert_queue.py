"""Alerts that are due: taken, and settled by what became of them. Times of retries stand in the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bot.helpline.crypto import Keyring
from bot.helpline.receivers import LANGUAGES, Receiver, opened
from bot.helpline.sql import ONE, word
from bot.helpline.tables import helplines
from bot.helpline.work_tables import alert_receivers, alerts

WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""Between one try and the next; after the last an alert counts as failed and is shown so."""

GIVE_UP = timedelta(hours=24)
"""An alert older than this is news no longer."""

TOGETHER = 20
"""Alerts tried side by side."""

AGAIN_IF_LOST = timedelta(minutes=2)
"""Longer than a try can take: an alert of a process that died is due again."""


@dataclass(frozen=True, slots=True)
class Due:
    """An alert on its way; ``receiver`` is None where it is gone or cannot be read."""

    id: int
    event: str
    channel: str
    content: Mapping[str, Any]
    attempts: int
    created_at: datetime
    receiver_id: int
    receiver: Receiver | None
    language: str
    zone: str


def language_of(kept: Mapping[str, Any]) -> str:
    """The language of what people get, as a helpline's settings say it."""
    language = kept.get("language")
    return language if language in LANGUAGES else "en"


def waiting(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether an alert of this channel is due."""
    bound = {"b_channel": channel, "b_now": now}
    return connection.execute(_WAITING, bound).one_or_none() is not None


def claim(connection: Connection, keyring: Keyring, channel: str, now: datetime) -> Sequence[Due]:
    """Take what is due, news before what failed already; taken by nobody else for two minutes."""
    rows = connection.execute(_DUE, {"b_channel": channel, "b_now": now, "b_most": TOGETHER}).all()
    ids = [row.id for row in rows]
    mine = update(alerts).where(alerts.c.id.in_(ids))
    connection.execute(mine.values(attempts=alerts.c.attempts + 1, due_at=now + AGAIN_IF_LOST))
    theirs = select(alert_receivers).where(alert_receivers.c.id.in_({row.receiver_id for row in rows}))
    receivers = {one.id: opened(keyring, one) for one in connection.execute(theirs)}
    return [_due(row, receivers.get(row.receiver_id)) for row in rows]


_READY = (
    alerts.c.state == word("queued"),
    alerts.c.channel == bindparam("b_channel"),
    alerts.c.due_at <= bindparam("b_now", type_=alerts.c.due_at.type),
)
_WAITING = select(ONE).select_from(alerts).where(*_READY).limit(ONE)
_DUE = (
    select(alerts, helplines.c.alerts.label("kept"), helplines.c.zone)
    .join_from(alerts, helplines)
    .where(*_READY)
    .order_by(alerts.c.attempts, alerts.c.due_at, alerts.c.id)
    .limit(bindparam("b_most"))
    .with_for_update(of=alerts, skip_locked=True)
)


def _due(row: Any, receiver: Receiver | None) -> Due:
    return Due(
        id=row.id,
        event=row.event,
        channel=row.channel,
        content=row.content,
        attempts=row.attempts + 1,
        created_at=row.created_at,
        receiver_id=row.receiver_id,
        receiver=receiver,
        language=language_of(row.kept),
        zone=row.zone,
    )


def sent(connection: Connection, alert_id: int, now: datetime) -> None:
    """It got through."""
    mine = update(alerts).where(alerts.c.id == alert_id)
    connection.execute(mine.values(state="sent", finished_at=now, error=None))


def failed(connection: Connection, item: Due, cause: str, now: datetime, *, final: bool = False) -> bool:
    """It did not get through: tried again later, unless ``final``; whether it is given up.

    Whatever waits for the same receiver by now waits as long, so that a dead one holds up nobody else.
    """
    over = final or item.attempts > len(WAITS) or now - item.created_at >= GIVE_UP
    mine = update(alerts).where(alerts.c.id == item.id)
    if over:
        connection.execute(mine.values(state="failed", error=cause, finished_at=now))
        return True
    due = now + WAITS[item.attempts - 1]
    connection.execute(mine.values(error=cause, due_at=due))
    behind = update(alerts).where(alerts.c.state == word("queued"))
    connection.execute(
        behind.where(alerts.c.receiver_id == item.receiver_id, alerts.c.due_at < due).values(due_at=due)
    )
    return False


def later(connection: Connection, alert_id: int, due: datetime) -> None:
    """It is on its way and looked at again then; that was no try."""
    mine = update(alerts).where(alerts.c.id == alert_id)
    connection.execute(mine.values(due_at=due, attempts=alerts.c.attempts - 1))
