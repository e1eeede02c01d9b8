"""Hands out stored updates one by one: per chat strictly in order, different chats in parallel."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, exists, func, literal_column, select, update

from bot.core.case import Author
from bot.core.contact import SafeContact
from bot.core.effects import Kind, Message
from bot.core.helplines import Helpline
from bot.core.ports import ChatId, Clock, TurnUnit
from bot.errors import KeyringError
from bot.helpline import alerts, changes, places
from bot.helpline.bell import Bell
from bot.helpline.casefile import BESIDE_CASES, NewLine, add_lines, case_file, case_query, save_case
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.dispatch import fall_back
from bot.helpline.helplines import all_helplines
from bot.helpline.presence import helplines_at_work, working_since
from bot.helpline.sql import ONE, moment, word
from bot.helpline.tables import cases, conversations, helplines, inbox, outbox, staff
from bot.helpline.turn_unit import Other, Taken, Unit
from bot.helpline.turn_writer import write_turn

log = structlog.get_logger()

TRIES = 3
"""At the third failure an update goes to the dead letters and its chat goes on."""

_BACKOFF = (timedelta(0), timedelta(seconds=2))
_HOURS_FRESH = timedelta(minutes=1)
_CODE = re.compile(r"[a-z0-9_.-]{1,64}")


class Turns:
    """`bot.core.ports.Turns` on a database."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, *, work: Bell, delivery: Bell, change: Bell
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._work = work
        self._delivery = delivery
        self._change = change
        self._helplines: tuple[Helpline, ...] = ()
        self._looked_at: datetime | None = None

    @asynccontextmanager
    async def next(self, bot_id: int, chat_id: ChatId | None = None) -> AsyncIterator[TurnUnit | None]:
        """The next update, of one chat where it is named, with its transaction, or None outside of any.

        Raises:
            StoreUnavailable: the database is away, before or during the turn.
            Conflict: conversation or case were changed by somebody else; the turn can be tried again.
            KeyringError: what is stored needs a key that is not in the ring.
        """
        self._work.heed()
        unit: Unit | None = None
        # Not durable: a power cut hands the update out again, and nothing of the turn was delivered,
        # because the outbox's claim is durable and comes later.
        async with self._database.write(durable=False) as transaction:
            now = self._clock.now()
            taken = await transaction.run(_take, self._keyring, bot_id, chat_id, now)
            if taken is not None:
                if self._looked_at is None or not timedelta(0) <= now - self._looked_at < _HOURS_FRESH:
                    self._helplines = tuple(await transaction.run(all_helplines))
                    self._looked_at = now
                unit = Unit(transaction, self._keyring, taken, now, self._helplines)
                yield unit
                await transaction.run(write_turn, self._keyring, unit)
        if unit is None:
            yield None
            return
        if unit.messages:
            self._delivery.ring()
        if unit.happened:
            self._change.ring()

    async def failed(self, inbox_id: int, code: str, *, final: bool = False) -> bool:
        """Count a failure. ``code`` is a short name in lower case; anything else becomes ``unnamed``."""
        name = code if _CODE.fullmatch(code) else "unnamed"
        dead = await self._database.run(_failed, self._keyring, inbox_id, name, final, self._clock.now())
        self._work.ring()
        if dead:
            self._change.ring()
        return dead

    async def wait(self, seconds: float) -> None:
        """Until this process stored something since the calling task last asked, or ``seconds``."""
        await self._work.wait(seconds)

    async def fallback(self, inbox_id: int, message: Message, kind: Kind) -> None:
        """Put a message for a dead letter's chat into the outbox, once an update."""
        now = self._clock.now()
        await self._database.run(fall_back, self._keyring, inbox_id, message, kind, now)
        self._delivery.ring()


def _urgent_first() -> Any:
    """The id of the next update: of a chat with an urgent one, otherwise of any chat."""
    return func.coalesce(_head_of_urgent_chat(), _head_of_any_chat())


def _head_of_urgent_chat() -> Any:
    head, alarm, lane = inbox.alias("head"), inbox.alias("alarm"), inbox.alias("lane")
    chats = (
        select(alarm.c.chat_key)
        .where(alarm.c.bot_id == bindparam("bot"), alarm.c.state == word("ready"))
        .where(literal_column("alarm.urgent"))
        .distinct()
        .subquery("chats")
    )
    first = select(func.min(lane.c.id)).where(
        lane.c.chat_key == chats.c.chat_key, lane.c.state == word("ready")
    )
    heads = select(first.correlate(chats).scalar_subquery()).select_from(chats)
    return _first_free(select(head.c.id).where(head.c.id.in_(heads)), head)


def _head_of_any_chat() -> Any:
    head, earlier = inbox.alias("head"), inbox.alias("earlier")
    unfinished = exists(ONE).where(
        earlier.c.chat_key == head.c.chat_key, earlier.c.state == word("ready"), earlier.c.id < head.c.id
    )
    return _first_free(select(head.c.id).where(head.c.bot_id == bindparam("bot"), ~unfinished), head)


def _head_of_this_chat() -> Any:
    head, earlier = inbox.alias("head"), inbox.alias("earlier")
    first = select(func.min(earlier.c.id)).where(
        earlier.c.chat_key == bindparam("chat"), earlier.c.state == word("ready")
    )
    return _first_free(select(head.c.id).where(head.c.id == first.scalar_subquery()), head)


def _first_free(query: Any, head: Any) -> Any:
    """The oldest due one that no other process has in work."""
    due = query.where(head.c.state == word("ready"), head.c.due_at <= moment("now"))
    return due.order_by(head.c.id).limit(ONE).with_for_update(of=head, skip_locked=True).scalar_subquery()


def _knocked() -> Any:
    """Whether a message of the staff waits for the person to write."""
    return exists(ONE).where(
        outbox.c.conversation_id == conversations.c.id, outbox.c.state == word("queued"), outbox.c.waits
    )


def _next_query(head: Any) -> Any:
    """An update with its conversation, newest case and whether staff are at work."""
    other = cases.alias("other")
    newest = select(func.max(other.c.id)).where(other.c.conversation_id == conversations.c.id)
    joined = (
        inbox.outerjoin(conversations, conversations.c.chat_key == inbox.c.chat_key)
        .outerjoin(cases, cases.c.id == newest.correlate(conversations).scalar_subquery())
        .outerjoin(staff, staff.c.id == cases.c.holder_id)
        .outerjoin(helplines, helplines.c.id == cases.c.helpline_id)
    )
    own = [
        inbox.c.id.label("inbox_id"),
        inbox.c.update_id,
        inbox.c.chat_key,
        inbox.c.chat_id,
        inbox.c.raw,
        inbox.c.danger,
        inbox.c.received_at,
        inbox.c.attempts,
        inbox.c.plain,
        conversations.c.id.label("lane_id"),
        conversations.c.state.label("memory"),
        conversations.c.version.label("memory_version"),
        conversations.c.unreachable,
        conversations.c.seen_at,
        conversations.c.contact_when,
        conversations.c.contact_opening,
        _knocked().label("knocked"),
        helplines_at_work().label("at_work"),
        *BESIDE_CASES,
    ]
    return select(*own, *cases.c).select_from(joined).where(inbox.c.id == head)


_NEXT = _next_query(_urgent_first())
_NEXT_OF_CHAT = _next_query(_head_of_this_chat())


def _take(
    connection: Connection, keyring: Keyring, bot_id: int, chat_id: ChatId | None, now: datetime
) -> Taken | None:
    """Lock and read the next update. One that no key opens goes to the dead letters at once."""
    bound: dict[str, Any] = {"now": now, "working_since": working_since(now)}
    if chat_id is None:
        query, bound["bot"] = _NEXT, bot_id
    else:
        query, bound["chat"] = _NEXT_OF_CHAT, keyring.chat_key(bot_id, chat_id)
    while (row := connection.execute(query, bound).one_or_none()) is not None:
        try:
            return _taken(keyring, bot_id, row, _others(connection, keyring, bot_id, row))
        except KeyringError:
            log.error("update_unreadable", inbox_id=row.inbox_id)
            _bury(connection, keyring, row.inbox_id, row.attempts, "keyring", now)
    return None


_MOST_TOGETHER = 9
_FOLLOWING = (
    select(inbox.c.id, inbox.c.update_id, inbox.c.raw, inbox.c.danger, inbox.c.plain)
    .where(inbox.c.chat_key == bindparam("b_chat"), inbox.c.state == word("ready"))
    .where(inbox.c.id > bindparam("b_id"))
    .order_by(inbox.c.id)
    .limit(_MOST_TOGETHER)
    .with_for_update()
)


def _others(connection: Connection, keyring: Keyring, bot_id: int, row: Row[Any]) -> tuple[Other, ...]:
    """Plain texts that follow at once are read together; after a failure each goes alone."""
    if not row.plain or row.attempts:
        return ()
    found = []
    for item in connection.execute(_FOLLOWING, {"b_chat": row.chat_key, "b_id": row.inbox_id}):
        if not item.plain:
            break
        try:
            raw = keyring.decrypt(item.raw, places.inbox_raw(bot_id, item.update_id))
        except KeyringError:
            break
        found.append(Other(item.id, raw, item.danger))
    return tuple(found)


def _taken(keyring: Keyring, bot_id: int, row: Row[Any], others: tuple[Other, ...]) -> Taken:
    chat_id = None if row.chat_id is None else keyring.decrypt(row.chat_id, places.chat_id(row.chat_key))
    return Taken(
        inbox_id=row.inbox_id,
        bot_id=bot_id,
        chat_key=row.chat_key,
        chat_id=chat_id,
        raw=keyring.decrypt(row.raw, places.inbox_raw(bot_id, row.update_id)),
        received_at=row.received_at,
        danger=(*row.danger, *(flag for other in others for flag in other.danger)),
        attempts=row.attempts,
        conversation_id=row.lane_id,
        state=_memory(keyring, row),
        version=row.memory_version or 0,
        unreachable=bool(row.unreachable),
        seen_at=row.seen_at,
        case=None if row.id is None else case_file(row),
        at_work=frozenset(int(part) for part in (row.at_work or "").split(",") if part),
        contact=SafeContact(row.contact_when or "", row.contact_opening or ""),
        knocked=bool(row.knocked),
        others=others,
    )


def _memory(keyring: Keyring, row: Row[Any]) -> dict[str, Any]:
    """What the dialogue remembers. Lost memory must not keep a person from an answer."""
    if row.memory is None:
        return {}
    try:
        state = keyring.decrypt(row.memory, places.conversation_state(row.chat_key))
    except KeyringError:
        log.error("conversation_unreadable", conversation_id=row.lane_id)
        return {}
    return dict(state)


def _failed(
    connection: Connection, keyring: Keyring, inbox_id: int, code: str, final: bool, now: datetime
) -> bool:
    query = select(inbox.c.attempts, inbox.c.state).where(inbox.c.id == inbox_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None or row.state != "ready":
        return False
    attempts = row.attempts + 1
    if final or attempts >= TRIES:
        _bury(connection, keyring, inbox_id, attempts, code, now)
        return True
    due = now + _BACKOFF[attempts - 1]
    retry = update(inbox).where(inbox.c.id == inbox_id)
    connection.execute(retry.values(attempts=attempts, due_at=due, error=code))
    return False


def _bury(
    connection: Connection, keyring: Keyring, inbox_id: int, attempts: int, code: str, now: datetime
) -> None:
    """To the dead letters; where the chat has an open case, whoever works on it must know."""
    dead = update(inbox).where(inbox.c.id == inbox_id).returning(inbox.c.chat_key)
    values = {"state": "dead", "attempts": attempts, "error": code, "finished_at": now}
    chat_key = connection.execute(dead.values(**values)).scalar_one()
    open_case = case_query().join(conversations, conversations.c.id == cases.c.conversation_id)
    query = open_case.where(conversations.c.chat_key == chat_key, cases.c.state != word("closed"))
    row = connection.execute(query.with_for_update(of=cases, key_share=True)).one_or_none()
    happened: list[tuple[int | None, str]] = [(None, "dead_letter")]
    if row is not None:
        case = case_file(row)
        case.last_at = now
        save_case(connection, case)
        line = NewLine(f"d{inbox_id}.{case.version}", Author.SYSTEM, now, key="dead_letter")
        add_lines(connection, keyring, case, [line])
        happened.append((case.id, "line"))
    alerts.post_trouble(connection, alerts.DEAD_LETTER, now)
    changes.note(connection, happened, now)
