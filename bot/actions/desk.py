"""Runs turns for people who write through Rasa, and hands over what waits for them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from bot.actions.call import Call
from bot.actions.message import Raw, event_of, incoming, language_of, ranking_in
from bot.actions.names import RASA
from bot.core.effects import Kind, Message
from bot.core.ports import (
    ChatId,
    Clock,
    DangerScan,
    Inbox,
    Outbox,
    OutgoingMessage,
    Renderer,
    TextReader,
    Turns,
    TurnUnit,
)
from bot.core.reading import Ranked, Reading
from bot.core.triage import with_intents
from bot.core.turn import Turned, TurnRunner, fallback
from bot.errors import Conflict, StoreUnavailable, UpdateError, code_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person is told now. ``turned`` is None where no turn ended well."""

    messages: tuple[tuple[Kind, Message], ...] = ()
    turned: Turned | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The local reader, with the intents that Rasa named; flags are always read here."""

    local: TextReader
    ranking: tuple[Ranked, ...]

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        """Raises `MatcherUnavailable` as the local reader does."""
        reading = await self.local.read(text, language_hint=language_hint)
        return with_intents(reading, self.ranking) if self.ranking else reading


class Desk:
    """The same store, dialogue and words as for Telegram; the answer goes back with the call."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        turns: Turns,
        outbox: Outbox,
        reader: TextReader,
        scan: DangerScan,
        renderer: Renderer,
        clock: Clock,
        intents: Collection[str],
    ) -> None:
        self._inbox = inbox
        self._turns = turns
        self._outbox = outbox
        self._reader = reader
        self._scan = scan
        self._renderer = renderer
        self._clock = clock
        self._intents = frozenset(intents)

    async def start(self) -> None:
        """Settle what an earlier process left: messages half sent, updates without an answer."""
        await self._outbox.recover(RASA)
        await self._work(None)

    async def answer(self, call: Call) -> Answer:
        """Store the person's message, run its turn, and hand over what waits. A repeated call is harmless.

        With the database away the person gets the safety text that stands alone. Raises `BadCall`.
        """
        update = incoming(call, self._intents, self._scan)
        try:
            await self._inbox.store(RASA, [update])
            turned = await self._work(call.sender)
            return Answer(await self._waiting(call.sender), turned)
        except StoreUnavailable:
            log.warning("database_away")
            return self.apology(language_of(call))

    async def deliver(self, sender: str) -> Answer:
        """What waits for a person. Raises `StoreUnavailable`."""
        return Answer(await self._waiting(sender))

    def apology(self, language: str = "") -> Answer:
        """The safety text for when something of ours fails."""
        return Answer(((Kind.SAFETY, fallback(self._renderer, language, self._clock.now())),))

    async def _waiting(self, sender: str) -> tuple[tuple[Kind, Message], ...]:
        messages: Sequence[OutgoingMessage] = await self._outbox.claim_chat(RASA, sender)
        for message in messages:
            await self._outbox.sent(message.id, 0)
        return tuple((message.kind, message.message) for message in messages if message.wipe is None)

    async def _work(self, chat: ChatId | None) -> Turned | None:
        """Work off what is stored, of one chat or of all; what the last turn came to."""
        turned: Turned | None = None
        while True:
            inbox_id, raw, attempts = 0, "", 0
            try:
                async with self._turns.next(RASA, chat) as unit:
                    if unit is None:
                        return turned
                    inbox_id, raw, attempts = unit.inbox_id, unit.raw, unit.attempts
                    turned = await self._turn(unit)
            except StoreUnavailable:
                raise
            except Conflict:
                log.info("turn_again", inbox_id=inbox_id)  # somebody of the staff was quicker: read anew
            except Exception as error:  # one bad message must never stop the others
                log.error("turn_failed", inbox_id=inbox_id, error=type(error).__name__, attempts=attempts + 1)
                turned = None
                await self._failed(inbox_id, raw, attempts, error)

    async def _turn(self, unit: TurnUnit) -> Turned:
        raw = _json(unit.raw)
        reader, aside = Named(self._reader, ranking_in(raw)), self._reader
        runner = TurnRunner(reader, self._scan, self._renderer, self._clock, aside=aside, wipes=False)
        return await runner.run(unit, event_of(raw, unit.received_at), preset=raw.get("preset"))

    async def _failed(self, inbox_id: int, raw: str, attempts: int, error: Exception) -> None:
        """Tried once more at once, as the person waits; then the safety text goes out instead."""
        if not inbox_id:
            raise StoreUnavailable from error
        final = attempts > 0 or isinstance(error, UpdateError)
        if await self._turns.failed(inbox_id, code_of(error), final=final):
            message = fallback(self._renderer, _language(raw), self._clock.now())
            await self._turns.fallback(inbox_id, message, Kind.SAFETY)


def _json(text: str) -> Raw:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise UpdateError("malformed update (not an object)")
    return value


def _language(raw: str) -> str:
    try:
        return str(_json(raw).get("language", ""))
    except (ValueError, UpdateError):
        return ""
