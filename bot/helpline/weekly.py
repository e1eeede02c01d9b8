"""A tip a week for teachers: one row a subscription with the time at which the next is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from bot.core.dialogue import classroom
from bot.core.effects import Audience, Kind, Message
from bot.core.lessons import in_school_hours, next_tip, tip_after, tip_card
from bot.core.ports import Clock, Renderer
from bot.core.state import restore
from bot.errors import KeyringError
from bot.helpline import places
from bot.helpline.bell import Bell
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.dispatch import Lane, NewMessage, enqueue
from bot.helpline.sql import ONE, word
from bot.helpline.tables import cases, conversations, weekly_tips

log = structlog.get_logger()

BATCH = 50
"""Subscriptions looked at in one transaction, so that turns need not wait long for it."""


class WeeklyTips:
    """Sends what is due. Several processes may sweep at once: each row is taken by one of them."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, renderer: Renderer, *, delivery: Bell
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._renderer = renderer
        self._delivery = delivery

    async def sweep(self) -> int:
        """Put the tips that are due into the outbox; how many."""
        now = self._clock.now()
        sent = 0
        while True:
            looked_at, put = await self._database.run(_sweep, self._keyring, self._renderer, now)
            sent += put
            if looked_at < BATCH:
                break
        if sent:
            self._delivery.ring()
        return sent


def subscribe(connection: Connection, conversation_id: int, due: datetime | None) -> None:
    """Begin with the tip that is due then, or end; doing either twice changes nothing."""
    mine = weekly_tips.c.conversation_id == conversation_id
    if due is None:
        connection.execute(delete(weekly_tips).where(mine))
    elif connection.execute(update(weekly_tips).where(mine).values(due_at=due)).rowcount == 0:
        connection.execute(insert(weekly_tips).values(conversation_id=conversation_id, due_at=due, sent=0))


def _sweep(connection: Connection, keyring: Keyring, renderer: Renderer, now: datetime) -> tuple[int, int]:
    rows = connection.execute(_DUE.where(weekly_tips.c.due_at <= now)).all()
    put = sum(_one(connection, keyring, renderer, row, now) for row in rows)
    return len(rows), put


_open_case = exists(ONE).where(cases.c.conversation_id == conversations.c.id, cases.c.state != word("closed"))
_DUE = (
    select(weekly_tips.c.conversation_id, weekly_tips.c.due_at, weekly_tips.c.sent)
    .add_columns(conversations.c.bot_id, conversations.c.chat_key, conversations.c.state)
    .add_columns(conversations.c.unreachable, _open_case.label("in_case"))
    .join_from(weekly_tips, conversations)
    .order_by(weekly_tips.c.due_at)
    .limit(BATCH)
    .with_for_update(of=weekly_tips, skip_locked=True)
)


def _one(connection: Connection, keyring: Keyring, renderer: Renderer, row: Row[Any], now: datetime) -> bool:
    """One subscription that is due: sent, put off, or ended. Whether something goes out."""
    mine = weekly_tips.c.conversation_id == row.conversation_id
    state = restore(_remembered(keyring, row), case=None, on_duty=False)
    if row.unreachable or not state.weekly:
        connection.execute(delete(weekly_tips).where(mine))
        return False
    zone = renderer.timezone(state.country)
    # Who waits for the helpline must not be startled by a lesson.
    if row.in_case or state.path or not in_school_hours(now, zone):
        later = next_tip(now + timedelta(minutes=1), zone)
        connection.execute(update(weekly_tips).where(mine).values(due_at=later))
        return False
    message = _message(renderer, state.audience, row.sent, now)
    due = tip_after(row.due_at, now, zone)
    connection.execute(update(weekly_tips).where(mine).values(due_at=due, sent=row.sent + 1))
    if message is None:
        return False
    token = f"weekly.{row.conversation_id}.{row.sent}"
    lane = Lane(row.bot_id, row.conversation_id, row.unreachable)
    enqueue(connection, keyring, lane, [NewMessage(token, Kind.NOTICE, message)], now)
    return True


def _remembered(keyring: Keyring, row: Row[Any]) -> Mapping[str, Any]:
    """The conversation's state; one that cannot be read counts as one without a wish."""
    if row.state is None:
        return {}
    try:
        state: Mapping[str, Any] = keyring.decrypt(row.state, places.conversation_state(row.chat_key))
    except KeyringError:
        log.error("conversation_unreadable", conversation_id=row.conversation_id)
        return {}
    return state


def _message(renderer: Renderer, audience: Audience, number: int, now: datetime) -> Message | None:
    card = tip_card(renderer.lesson_cards(audience.language), number)
    return None if card is None else renderer.render(classroom.tip(card), audience, now)[-1]
