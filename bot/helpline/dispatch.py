"""Putting messages into the outbox, inside the transaction that decided to say them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.core.case import DeliveryState
from bot.core.contact import SafeContact
from bot.core.effects import Kind, Message, RenderedButton
from bot.core.handout import Document
from bot.helpline import places
from bot.helpline.crypto import Keyring
from bot.helpline.sql import ONE, insert_new, word
from bot.helpline.tables import conversations, inbox, outbox

RANKS = {Kind.SAFETY: 0, Kind.STAFF: 1, Kind.NOTICE: 1, Kind.ANSWER: 2}
"""Which chat is served first: a smaller rank goes out before others."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A chat as the outbox knows it."""

    bot_id: int
    conversation_id: int
    unreachable: bool


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be sent; ``token`` is unique for ever, so that nothing is said twice."""

    token: str
    kind: Kind
    message: Message
    not_before: datetime | None = None
    """Goes out then at the earliest, and holds back nothing behind it."""
    waits: bool = False
    """Goes out once the person has written."""
    wipe: bool = False
    """No message: the bot's own messages go from the chat."""


def enqueue(
    connection: Connection,
    keyring: Keyring,
    lane: Lane,
    messages: Sequence[NewMessage],
    now: datetime,
    case_id: int | None = None,
) -> list[int]:
    """Put messages into the outbox in this order; returns their ids.

    To a person who cannot be written to they are stored as unreachable.
    """
    if not messages:
        return []
    ranks = _ranks(messages)
    if ranks[0] == RANKS[Kind.SAFETY]:
        connection.execute(_HASTEN, {"b_lane": lane.conversation_id})
    state = DeliveryState.UNREACHABLE if lane.unreachable else DeliveryState.QUEUED
    rows = [
        {
            "bot_id": lane.bot_id,
            "conversation_id": lane.conversation_id,
            "case_id": case_id,
            "token": item.token,
            "kind": item.kind.value,
            "rank": rank,
            "state": state.value,
            "payload": keyring.encrypt(_payload(item), places.outbox_payload(item.token)),
            "attempts": 0,
            "created_at": now,
            "due_at": now,
            "finished_at": now if lane.unreachable else None,
            "not_before": item.not_before,
            "waits": item.waits,
        }
        for item, rank in zip(messages, ranks, strict=True)
    ]
    return list(connection.execute(_ENQUEUE, rows).scalars())


_ENQUEUE = insert(outbox).returning(outbox.c.id, sort_by_parameter_order=True)
_HASTEN = (
    update(outbox)
    .where(outbox.c.conversation_id == bindparam("b_lane"), outbox.c.state == word("queued"))
    .values(rank=RANKS[Kind.SAFETY])
)


def fall_back(
    connection: Connection, keyring: Keyring, inbox_id: int, message: Message, kind: Kind, now: datetime
) -> None:
    """A message for the chat of an update that could not be handled; a second time changes nothing."""
    row = connection.execute(_CHAT_OF, {"b_id": inbox_id}).one_or_none()
    if row is None or row.chat_id is None:
        return
    token = f"fallback.{inbox_id}"
    if connection.execute(select(ONE).where(outbox.c.token == token)).one_or_none() is not None:
        return
    chat = {
        "bot_id": row.bot_id,
        "chat_key": row.chat_key,
        "chat_id": row.chat_id,
        "version": 1,
        "unreachable": False,
        "created_at": now,
        "seen_at": now,
    }
    connection.execute(_NEW_CHAT[connection.dialect.name], chat)
    found = select(conversations.c.id, conversations.c.unreachable).where(
        conversations.c.chat_key == row.chat_key
    )
    conversation = connection.execute(found).one()
    lane = Lane(row.bot_id, conversation.id, conversation.unreachable)
    enqueue(connection, keyring, lane, [NewMessage(token, kind, message)], now)


_CHAT_OF = select(inbox.c.bot_id, inbox.c.chat_key, inbox.c.chat_id).where(inbox.c.id == bindparam("b_id"))
_NEW_CHAT = insert_new(conversations, "chat_key")


def _ranks(messages: Sequence[NewMessage]) -> list[int]:
    """A safety text hastens what goes out before it in its chat."""
    ranks: list[int] = []
    hastened = False
    for item in reversed(messages):
        hastened = hastened or item.kind is Kind.SAFETY
        ranks.append(RANKS[Kind.SAFETY] if hastened else RANKS[item.kind])
    return ranks[::-1]


def _payload(item: NewMessage) -> dict[str, Any]:
    return {"w": True} if item.wipe else dump_message(item.message)


def dump_message(message: Message) -> dict[str, Any]:
    """A message as JSON values."""
    values: dict[str, Any] = {
        "h": message.html,
        "b": [[[b.label, b.payload] for b in row] for row in message.buttons],
    }
    if message.document is not None:
        values["d"] = [message.document.name, message.document.language, message.document.country]
    return values


def load_message(values: dict[str, Any]) -> Message:
    """A message again."""
    rows = tuple(tuple(RenderedButton(label, payload) for label, payload in row) for row in values["b"])
    document = Document(*values["d"]) if "d" in values else None
    return Message(values["h"], rows, document)


def plain(message: Message) -> str:
    """The words of a message without tags, for the staff's page."""
    return html.unescape(_TAGS.sub("", message.html))


_TAGS = re.compile(r"</?[bi]>")


def lane_of(connection: Connection, conversation_id: int | None) -> tuple[Lane, SafeContact] | None:
    """A person's lane, and when and how the person may be written to; None once the talk is erased."""
    if conversation_id is None:
        return None
    row = connection.execute(_LANE, {"b_id": conversation_id}).one_or_none()
    if row is None:
        return None
    lane = Lane(row.bot_id, conversation_id, row.unreachable)
    return lane, SafeContact(row.contact_when, row.contact_opening)


_LANE = select(
    conversations.c.bot_id,
    conversations.c.unreachable,
    conversations.c.contact_when,
    conversations.c.contact_opening,
).where(conversations.c.id == bindparam("b_id"))


def group_lane(connection: Connection, keyring: Keyring, chat_id: int, now: datetime) -> Lane | None:
    """The lane of a staff's group, made at first use; None while no bot has ever run here."""
    bot_id = connection.execute(_NEWEST_BOT).scalar_one_or_none()
    if bot_id is None:
        return None
    chat_key = keyring.chat_key(bot_id, chat_id)
    chat = {
        "bot_id": bot_id,
        "chat_key": chat_key,
        "chat_id": keyring.encrypt(chat_id, places.chat_id(chat_key)),
        "version": 1,
        "unreachable": False,
        "contact_when": "",
        "contact_opening": "",
        "created_at": now,
        "seen_at": now,
    }
    connection.execute(_NEW_CHAT[connection.dialect.name], chat)
    found = select(conversations.c.id).where(conversations.c.chat_key == chat_key)
    return Lane(bot_id, connection.execute(found).scalar_one(), unreachable=False)


_NEWEST_BOT = (
    select(conversations.c.bot_id)
    .where(conversations.c.bot_id > 0)  # Rasa's chats have no groups
    .order_by(conversations.c.id.desc())
    .limit(ONE)
)
