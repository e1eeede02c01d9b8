"""The queue of updates that wait for the bot: ids, confirmation by offset, kinds, age.

Rules: https://core.telegram.org/bots/api#getupdates and ``Client::do_get_updates`` of telegram-bot-api.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from bot.sandbox.journal import Journal
from bot.sandbox.text import Json

KEPT_FOR = timedelta(hours=24)
SILENCE_BEFORE_NEW_IDS = timedelta(days=7)
"""After so long without an update, Telegram goes on with an id chosen at random."""

_FUTURE = 10
"""An offset farther than this beyond the last id is no confirmation (TDLib's TQueue)."""

KINDS = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "callback_query",
        "my_chat_member",
        "chat_member",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "poll",
        "poll_answer",
        "chat_join_request",
        "shipping_query",
        "pre_checkout_query",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "purchased_paid_media",
        "chat_boost",
        "removed_chat_boost",
    }
)
DEFAULT_KINDS = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """An update not confirmed yet, and when it came."""

    update_id: int
    at: datetime
    body: Json

    def update(self) -> Json:
        return {"update_id": self.update_id, **self.body}


class Updates:
    """Waiting updates in order of arrival."""

    def __init__(self, journal: Journal, random: Random) -> None:
        self._journal = journal
        self._random = random
        self._waiting: dict[int, Waiting] = {}
        self._last = 0
        self._last_at: datetime | None = None
        self._allowed: frozenset[str] = DEFAULT_KINDS

    @property
    def allowed(self) -> frozenset[str]:
        return self._allowed

    @property
    def pending(self) -> int:
        return len(self._waiting)

    def restore(self, row: Json | None, waiting: list[Json]) -> None:
        """Go on from stored rows."""
        if row:
            self._last = row["last"]
            self._last_at = _time(row["last_at"]) if row["last_at"] else None
            self._allowed = frozenset(row["allowed"])
        for item in sorted(waiting, key=lambda value: (_time(value["at"]), value["update_id"])):
            self._waiting[item["update_id"]] = Waiting(item["update_id"], _time(item["at"]), item["body"])

    def allow(self, raw: Any) -> None:
        """``allowed_updates`` of a call: what cannot be read, or is absent, changes nothing."""
        names = _names(raw)
        if names is None:
            return
        chosen = frozenset(name.lower() for name in names) & KINDS or DEFAULT_KINDS
        if chosen != self._allowed:
            self._allowed = chosen
            self._keep()

    def add(self, kind: str, content: Json, now: datetime) -> int | None:
        """Queue an update; its id, or None where the bot does not want this kind."""
        if kind not in self._allowed:
            return None
        if self._last_at is None or now - self._last_at >= SILENCE_BEFORE_NEW_IDS:
            self._last = self._random.randint(100_000_000, 900_000_000)
        self._last += 1
        self._last_at = now
        waiting = Waiting(self._last, now, {kind: content})
        self._waiting[waiting.update_id] = waiting
        row = {"update_id": waiting.update_id, "at": now.isoformat(), "body": waiting.body}
        self._journal.keep("update", waiting.update_id, row)
        self._keep()
        return waiting.update_id

    def read(self, offset: int, limit: int, now: datetime) -> tuple[list[Json], list[Json]]:
        """Updates from ``offset`` on, and those that this confirmed. A negative offset counts from the end."""
        self._expire(now)
        if offset < 0:
            confirmed = list(self._waiting)[:offset]
        elif offset > self._last + _FUTURE:
            confirmed = []
        else:
            confirmed = [update_id for update_id in self._waiting if update_id < offset]
        gone = self.forget(confirmed)
        return [waiting.update() for waiting in islice(self._waiting.values(), limit)], gone

    def first(self, now: datetime) -> Json | None:
        """The oldest waiting update, for the webhook."""
        self._expire(now)
        return next((waiting.update() for waiting in self._waiting.values()), None)

    def forget(self, update_ids: Iterable[int]) -> list[Json]:
        """Take updates out of the queue and return them; unknown ids are ignored."""
        gone = [self._waiting.pop(update_id) for update_id in update_ids if update_id in self._waiting]
        for waiting in gone:
            self._journal.drop("update", waiting.update_id)
        return [waiting.update() for waiting in gone]

    def forget_all(self) -> None:
        self.forget(list(self._waiting))

    def _expire(self, now: datetime) -> None:
        old = []
        for waiting in self._waiting.values():
            if now - waiting.at < KEPT_FOR:
                break
            old.append(waiting.update_id)
        self.forget(old)

    def _keep(self) -> None:
        last_at = self._last_at.isoformat() if self._last_at else None
        row = {"last": self._last, "last_at": last_at, "allowed": sorted(self._allowed)}
        self._journal.keep("queue", "updates", row)


def _names(raw: Any) -> list[str] | None:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            return None
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        return None
    return raw


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
