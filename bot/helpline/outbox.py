"""Messages on their way out: claimed per chat in order, and settled by what Telegram answered."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from bot.core.case import Author, DeliveryState
from bot.core.effects import Kind, Message
from bot.core.ports import ChatId, Clock, OutgoingMessage
from bot.errors import KeyringError
from bot.helpline import changes, places
from bot.helpline.bell import Bell
from bot.helpline.casefile import NewLine, add_event, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.dispatch import load_message
from bot.helpline.postgres import LIVING_OWNERS
from bot.helpline.sql import ONE, moment, word
from bot.helpline.tables import cases, conversations, outbox

log = structlog.get_logger()

SAFETY_TRIES = 5
"""A safety text that was perhaps delivered is sent again, but not without end."""

_MOST = 50
"""A person is handed at most so many messages at once; the others come with the next answer."""

_AGAIN = timedelta(seconds=5)
_ORPHANS = timedelta(seconds=5)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Outbox:
    """`bot.core.ports.Outbox` on a database. Each instance is one owner of what it sends.

    A claim is durable before anything is sent. What Telegram answered need not be: lost in a power
    cut, the message is found as sending and settled like after any crash.
    """

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, *, delivery: Bell, change: Bell
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._delivery = delivery
        self._change = change
        self._owner = secrets.randbelow(2**31 - 1) + 1
        self._looked_at: datetime | None = None

    async def recover(self, bot_id: int) -> None:
        """At start: settle what a dead process, or this one before, was sending.

        A safety text is due again, anything else becomes uncertain. What living processes send on
        PostgreSQL is left to them; on SQLite one process delivers.
        """
        await self._settle_orphans(bot_id, own=True)

    async def claim(self, bot_id: int, limit: int) -> Sequence[OutgoingMessage]:
        """Mark due messages as sending: the head of each free chat's queue, the gravest kind first."""
        self._delivery.heed()
        now = self._clock.now()
        if self._looked_at is None or now - self._looked_at >= _ORPHANS:
            await self._settle_orphans(bot_id, own=False)
        bound = {"bot": bot_id, "now": now, "most": limit}
        return await self._database.run(_claim, self._keyring, _HEADS, bound, self._owner)

    async def claim_chat(self, bot_id: int, chat_id: ChatId) -> Sequence[OutgoingMessage]:
        """Mark all that is due in one chat as sending, in order, for a channel that asks for it."""
        bound = {"chat": self._keyring.chat_key(bot_id, chat_id), "now": self._clock.now(), "most": _MOST}
        return await self._database.run(_claim, self._keyring, _OF_CHAT, bound, self._owner)

    async def waiting(self, bot_id: int, seconds: float, limit: int) -> Sequence[ChatId]:
        """Chats whose next message is due and older than so many ``seconds``; nothing is marked."""
        self._delivery.heed()
        now = self._clock.now()
        bound = {"bot": bot_id, "now": now, "most": limit, "before": now - timedelta(seconds=seconds)}
        return await self._database.run(_waiting, self._keyring, bound)

    async def sent(self, message_id: int, telegram_id: int) -> None:
        """Telegram took it."""
        await self._settle(message_id, DeliveryState.SENT, telegram_id=telegram_id)

    async def retry(self, message_id: int, after: float) -> None:
        """Not accepted: due again in ``after`` seconds; holds back this chat only."""
        due = self._clock.now() + timedelta(seconds=max(0.0, after))
        await self._database.run_lax(_requeue, message_id, due)

    async def uncertain(self, message_id: int) -> None:
        """Perhaps delivered: a safety text is due again in a few seconds, anything else stays so."""
        await self._database.run(_doubt, message_id, self._clock.now())
        self._change.ring()

    async def unreachable(self, message_id: int) -> None:
        """The person cannot be written to: all that waits for this chat is marked so."""
        await self._database.run(_unreachable, self._keyring, message_id, self._clock.now())
        self._change.ring()

    async def rejected(self, message_id: int, code: str) -> None:
        """Refused for good. ``code`` is a short name; anything else is not kept."""
        name = code if _CODE.fullmatch(code) else "unnamed"
        await self._settle(message_id, DeliveryState.REJECTED, error=name)

    async def wait(self, seconds: float) -> None:
        """Until this process stored something since the calling task last asked, or ``seconds``."""
        await self._delivery.wait(seconds)

    async def _settle(
        self, message_id: int, state: DeliveryState, telegram_id: int | None = None, error: str | None = None
    ) -> None:
        values = {
            "b_id": message_id,
            "b_state": state.value,
            "b_now": self._clock.now(),
            "b_telegram_id": telegram_id,
            "b_error": error,
        }
        if await self._database.run_lax(_settle, values):
            self._change.ring()

    async def _settle_orphans(self, bot_id: int, *, own: bool) -> None:
        await self._database.hold(self._owner)
        now = self._looked_at = self._clock.now()
        if await self._database.run(_settle_orphans, bot_id, self._owner, own, now):
            self._change.ring()


def _claim(
    connection: Connection, keyring: Keyring, query: Any, bound: dict[str, Any], owner: int
) -> list[OutgoingMessage]:
    rows = connection.execute(query, bound).all()
    claimed, broken = [], []
    for row in rows:
        try:
            payload = keyring.decrypt(row.payload, places.outbox_payload(row.token))
            chat_id = keyring.decrypt(row.chat_id, places.chat_id(row.chat_key))
        except KeyringError:
            log.error("message_unreadable", message_id=row.id)
            broken.append(row.id)
            continue
        wipe = _own_messages(connection, row.conversation_id, bound["now"]) if "w" in payload else None
        message = Message("") if wipe is not None else load_message(payload)
        claimed.append(OutgoingMessage(row.id, chat_id, Kind(row.kind), message, row.attempts + 1, wipe))
    if claimed:
        mine = update(outbox).where(outbox.c.id.in_([item.id for item in claimed]))
        connection.execute(mine.values(state="sending", owner=owner, attempts=outbox.c.attempts + 1))
    if broken:
        lost = update(outbox).where(outbox.c.id.in_(broken))
        connection.execute(lost.values(state="rejected", error="keyring", finished_at=bound["now"]))
    return claimed


def _waiting(connection: Connection, keyring: Keyring, bound: dict[str, Any]) -> list[ChatId]:
    found = []
    for row in connection.execute(_WAITING, bound):
        try:
            found.append(keyring.decrypt(row.chat_id, places.chat_id(row.chat_key)))
        except KeyringError:
            log.error("message_unreadable", message_id=row.id)
    return found


DELETABLE = timedelta(hours=48)
"""Telegram lets a bot delete its messages in a private chat for so long (Bot API, deleteMessages)."""


def _own_messages(connection: Connection, conversation_id: int, now: datetime) -> tuple[int, ...]:
    query = select(outbox.c.telegram_id).where(
        outbox.c.conversation_id == conversation_id,
        outbox.c.telegram_id > 0,
        outbox.c.finished_at > now - DELETABLE,
    )
    return tuple(int(row.telegram_id or 0) for row in connection.execute(query.order_by(outbox.c.id)))


def _held(table: Any) -> ColumnElement[bool]:
    """Held for its hour, or until the person writes: it stands in nobody's way."""
    held: ColumnElement[bool] = or_(table.c.waits, table.c.not_before > moment("now"))
    return and_(table.c.state == word("queued"), held)


def _heads() -> Any:
    """Due heads of chats, none of which has a message in the air."""
    other = outbox.alias("other")
    before = exists(ONE).where(
        other.c.conversation_id == outbox.c.conversation_id,
        other.c.state.in_((word("queued"), word("sending"))),  # as the index says it
        or_(
            other.c.state == word("sending"),
            and_(other.c.id < outbox.c.id, func.coalesce(~_held(other), true())),
        ),
    )
    return (
        select(outbox.c.id, outbox.c.kind, outbox.c.token, outbox.c.payload, outbox.c.attempts)
        .add_columns(outbox.c.conversation_id)
        .add_columns(conversations.c.chat_key, conversations.c.chat_id)
        .join_from(outbox, conversations)
        .where(
            outbox.c.bot_id == bindparam("bot"),
            outbox.c.state == word("queued"),
            outbox.c.due_at <= moment("now"),
            func.coalesce(~_held(outbox), true()),
            ~before,
        )
        .order_by(outbox.c.rank, outbox.c.id)
        .limit(bindparam("most"))
        .with_for_update(of=outbox, key_share=True, skip_locked=True)
    )


def _of_chat() -> Any:
    return (
        select(outbox.c.id, outbox.c.kind, outbox.c.token, outbox.c.payload, outbox.c.attempts)
        .add_columns(outbox.c.conversation_id)
        .add_columns(conversations.c.chat_key, conversations.c.chat_id)
        .join_from(outbox, conversations)
        .where(
            conversations.c.chat_key == bindparam("chat"),
            outbox.c.state == word("queued"),
            outbox.c.due_at <= moment("now"),
            func.coalesce(~_held(outbox), true()),
        )
        .order_by(outbox.c.id)
        .limit(bindparam("most"))
        .with_for_update(of=outbox, key_share=True, skip_locked=True)
    )


_HEADS = _heads()
_OF_CHAT = _of_chat()
_WAITING = _heads().where(outbox.c.created_at <= moment("before"))
_IN_THE_AIR = (word("sending"), word("uncertain"), word("queued"))


def _settle(connection: Connection, values: dict[str, Any]) -> bool:
    """Mark a message; an answer that comes late counts as well. Whether it is of a case."""
    row = connection.execute(_SETTLE, values).one_or_none()
    if row is None or row.case_id is None:
        return False
    changes.note(connection, [(row.case_id, "delivery")], values["b_now"])
    return True


_SETTLE = (
    update(outbox)
    .where(outbox.c.id == bindparam("b_id"), outbox.c.state.in_(_IN_THE_AIR))
    .values(
        state=bindparam("b_state"),
        finished_at=moment("b_now"),
        owner=None,
        telegram_id=bindparam("b_telegram_id"),
        error=bindparam("b_error"),
    )
    .returning(outbox.c.case_id)
)


def _requeue(connection: Connection, message_id: int, due: datetime) -> None:
    mine = update(outbox).where(outbox.c.id == message_id, outbox.c.state == word("sending"))
    connection.execute(mine.values(state="queued", due_at=due, owner=None))


def _doubted(which: ColumnElement[bool], now: datetime, due: datetime) -> Any:
    """Safety texts go out again, a few times; anything else waits for a person's decision."""
    again = and_(outbox.c.kind == Kind.SAFETY.value, outbox.c.attempts < SAFETY_TRIES)
    return (
        update(outbox)
        .where(which, outbox.c.state == word("sending"))
        .values(
            state=case((again, word("queued")), else_=word("uncertain")),
            due_at=due,
            finished_at=now,
            owner=None,
        )
        .returning(outbox.c.case_id)
    )


def _doubt(connection: Connection, message_id: int, now: datetime) -> None:
    query = _doubted(outbox.c.id == message_id, now, now + _AGAIN)
    _note_delivery(connection, connection.execute(query).scalars().all(), now)


def _settle_orphans(connection: Connection, bot_id: int, owner: int, own: bool, now: datetime) -> bool:
    others = outbox.c.owner != owner
    if connection.dialect.name == "sqlite" and not own:
        return False
    if connection.dialect.name == "postgresql":
        others = and_(others, outbox.c.owner.not_in(LIVING_OWNERS))
    lost = or_(others, outbox.c.owner == owner) if own else others
    query = _doubted(and_(outbox.c.bot_id == bot_id, lost), now, now)
    found = connection.execute(query).scalars().all()
    return _note_delivery(connection, found, now)


def _note_delivery(connection: Connection, case_ids: Sequence[int | None], now: datetime) -> bool:
    touched = {case_id for case_id in case_ids if case_id is not None}
    changes.note(connection, [(case_id, "delivery") for case_id in sorted(touched)], now)
    return bool(touched)


def _unreachable(connection: Connection, keyring: Keyring, message_id: int, now: datetime) -> None:
    lane = select(outbox.c.conversation_id).where(outbox.c.id == message_id)
    conversation_id = connection.execute(lane).scalar_one_or_none()
    if conversation_id is None:
        return
    marked = _mark_unreachable(connection, keyring, conversation_id, f"u{message_id}", now)
    waiting = or_(
        outbox.c.id == message_id,
        and_(outbox.c.conversation_id == conversation_id, outbox.c.state == word("queued")),
    )
    all_of_it = update(outbox).where(waiting, outbox.c.state.in_(_IN_THE_AIR))
    result = connection.execute(
        all_of_it.values(state="unreachable", finished_at=now, owner=None).returning(outbox.c.case_id)
    )
    touched = {case_id for case_id in result.scalars() if case_id is not None}
    entries = [] if marked is None else [(marked, "unreachable")]
    changes.note(connection, [*entries, *((case_id, "delivery") for case_id in sorted(touched))], now)


def _mark_unreachable(
    connection: Connection, keyring: Keyring, conversation_id: int, token: str, now: datetime
) -> int | None:
    """Mark the conversation and say so on its open case, whose id is returned.

    The case is locked before the conversation, as everywhere: two orders would be a deadlock.
    """
    mine = cases.c.conversation_id == conversation_id
    query = (
        case_query().where(mine, cases.c.state != word("closed")).with_for_update(of=cases, key_share=True)
    )
    row = connection.execute(query).one_or_none()
    fresh = connection.execute(_MARK, {"b_lane": conversation_id}).rowcount == 1
    if row is None or not fresh:
        return None
    found = case_file(row)
    found.last_at = now
    save_case(connection, found)
    add_lines(connection, keyring, found, [NewLine(token, Author.SYSTEM, now, key="unreachable")])
    add_event(connection, found.id, None, "unreachable", now)
    return found.id


_MARK = (
    update(conversations)
    .where(conversations.c.id == bindparam("b_lane"), conversations.c.unreachable.is_(False))
    .values(unreachable=True)
)
