"""One update in work. Everything asked of it is gathered and written in one go before the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.case import Author, CaseState, CaseView, Outcome, Spot
from bot.core.contact import UNASKED, SafeContact
from bot.core.effects import Audience, ConfirmCase, Kind, Message, OpenCase, RaiseCase
from bot.core.helplines import Helpline, somebody_there
from bot.core.ports import ChatId, Record
from bot.errors import UpdateError
from bot.helpline import places
from bot.helpline.casefile import CaseFile, NewLine, locked_case, new_reference
from bot.helpline.crypto import Keyring
from bot.helpline.database import Transaction
from bot.helpline.dispatch import NewMessage, plain


@dataclass(frozen=True, slots=True)
class Other:
    """A further inbox row that is read together with the first."""

    inbox_id: int
    raw: str
    danger: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """An inbox row and what hangs on its chat, read in one statement."""

    inbox_id: int
    bot_id: int
    chat_key: bytes
    chat_id: ChatId | None
    raw: str
    received_at: datetime
    danger: tuple[str, ...]
    attempts: int
    conversation_id: int | None
    state: Mapping[str, Any]
    version: int
    unreachable: bool
    seen_at: datetime | None
    case: CaseFile | None
    at_work: frozenset[int]
    """Ids of the helplines that have somebody at work."""
    contact: SafeContact = UNASKED
    knocked: bool = False
    others: tuple[Other, ...] = ()


class Unit:
    """The turn of one update (`bot.core.ports.TurnUnit`).

    ``lines`` and ``messages`` keep the order in which things were said; a message of the bot stands
    in both, so that it can become a line of the case that is open when the turn ends.
    """

    def __init__(
        self,
        transaction: Transaction,
        keyring: Keyring,
        taken: Taken,
        now: datetime,
        helplines: Sequence[Helpline] = (),
    ) -> None:
        self._helplines = helplines
        self._transaction = transaction
        self._keyring = keyring
        self.taken = taken
        self.now = now
        self.inbox_id = taken.inbox_id
        self.raw = taken.raw
        self.chat_id = taken.chat_id
        self.received_at = taken.received_at
        self.danger = taken.danger
        self.attempts = taken.attempts
        self.others: Sequence[str] = [other.raw for other in taken.others]
        self.new_contact = taken.contact
        self.released = False
        self.tallies: list[str] = []
        self.case = taken.case
        self.case_changed = False
        self.case_opened = False
        self.words_erased = False
        self.forgotten = False
        self.new_state: Mapping[str, Any] | None = None
        self.unreachable = taken.unreachable
        self.tips: tuple[datetime | None, ...] = ()
        """When the next tip is due, or None for no more; empty where nothing was said about it."""
        self.lines: list[NewLine] = []
        self.messages: list[NewMessage] = []
        self.events: list[tuple[str, str]] = []
        self.happened: list[str] = []

    async def load(self) -> tuple[Mapping[str, Any], CaseView | None]:
        """State and newest case. An open case stays locked, so that a claim comes before or after."""
        case = self.case
        if case is not None and not self.case_opened and (case.open or case.reopens(self.now)):
            self.case = await self._transaction.run(locked_case, case.id)
        if self.case is None:
            return self.taken.state, None
        return self.taken.state, replace(self.case.view(self.now), knocked=self.taken.knocked)

    async def save(self, state: Mapping[str, Any], audience: Audience) -> None:
        self._needs_chat()
        self.new_state = dict(state)
        if self.case is not None and self.case.open and self.case.audience != audience:
            self.case.audience = audience
            self.case_changed = True

    async def say(self, message: Message, kind: Kind) -> None:
        self._needs_chat()
        token = self._token()
        self.messages.append(NewMessage(token, kind, message))
        self.lines.append(NewLine(token, Author.BOT, self.now, plain(message)))

    async def helplines(self) -> Sequence[Helpline]:
        return self._helplines

    async def contact(self) -> SafeContact:
        return self.new_contact

    async def set_contact(self, contact: SafeContact) -> None:
        self._needs_chat()
        self.new_contact = contact
        self._note("contact_set")

    async def release(self) -> None:
        self.released = True

    async def wipe(self) -> None:
        self._needs_chat()
        self.messages.append(NewMessage(f"{self.inbox_id}.wipe", Kind.NOTICE, Message(""), wipe=True))

    async def count(self, what: str) -> None:
        self.tallies.append(what)

    async def record(self, record: Record) -> None:
        self._needs_chat()
        author = Author(record.author)
        spots = tuple(
            Spot(place.start, place.end, hit.name, place.source)
            for hit in record.flags
            for place in hit.evidence
        )
        at = self.received_at if author is Author.PERSON else self.now
        flags = tuple(hit.name for hit in record.flags)
        line = NewLine(self._token(), author, at, record.text, flags=flags, spots=spots, edited=record.edited)
        self.lines.append(line)
        ended = self.case is not None and not self.case.open
        if author is Author.PERSON and not (record.parting and ended):
            self._person_wrote()

    async def open_case(self, effect: OpenCase, audience: Audience) -> str:
        self._needs_chat()
        if self.case is not None and self.case.open:
            if self.case.incident != effect.incident:
                self._raise(effect.priority, effect.flags)
            return self.case.reference
        reference = new_reference()
        _, wrapped = self._keyring.new_data_key(places.case_key(reference))
        self.case = CaseFile(
            id=0,
            reference=reference,
            conversation_id=self.taken.conversation_id,
            incident=effect.incident,
            state=CaseState.NEW,
            priority=effect.priority,
            flags=(),
            intent=effect.intent,
            audience=audience,
            confirmed=effect.confirmed,
            opened_at=self.now,
            due_at=self.now,
            last_at=self.now,
            wrapped_key=wrapped,
            promised=somebody_there(self._helplines, audience, self.now, self.taken.at_work),
        )
        self.case.due_from(self.now)
        self.case.raise_to(effect.priority, effect.flags, self.now)
        self.case.person_at = self.received_at
        self.case_opened = self.case_changed = True
        self._note("opened", f"priority={int(effect.priority)}")
        return reference

    async def raise_case(self, effect: RaiseCase) -> None:
        if self.case is not None and self.case.open:
            self._raise(effect.priority, effect.flags)

    async def confirm_case(self, effect: ConfirmCase) -> None:
        case = self.case
        if case is None or not case.open:
            return
        case.confirmed = effect.answer == "person"
        self.case_changed = True
        self._note(f"confirmed_{effect.answer}")
        if effect.answer == "wrong" and not case.held(self.now):
            case.close(Outcome.FALSE_ALARM, self.now)
            case.wrapped_key = None
            self.words_erased = True
            self._note("closed", f"outcome={Outcome.FALSE_ALARM}")

    async def forget(self) -> bool:
        self._needs_chat()
        self.forgotten = True
        self._end_reopened()
        if self.case is None or not self.case.open:
            self.new_contact = UNASKED
        return self.case is not None and self.case.open

    def _end_reopened(self) -> None:
        """An ended case that only a later message brought back does not keep the person from being forgotten."""
        case = self.case
        if case is None or not case.open or case.held(self.now) or case.closed_at is None:
            return
        case.close(case.outcome or Outcome.SUPPORTED, self.now)
        case.wrapped_key = case.conversation_id = None
        self.case_changed = self.words_erased = True
        self._note("closed", "erased")

    async def mark_unreachable(self, unreachable: bool) -> None:
        self._needs_chat()
        if self.unreachable != unreachable:
            self.unreachable = unreachable
            if self.case is not None and self.case.open:
                self._note("unreachable" if unreachable else "reachable")

    async def weekly(self, due: datetime | None) -> None:
        self._needs_chat()
        self.tips = (due,)

    async def on_duty(self) -> bool:
        return bool(self.taken.at_work)

    async def at_work(self) -> frozenset[int]:
        return self.taken.at_work

    def _raise(self, priority: Any, flags: tuple[str, ...]) -> None:
        assert self.case is not None
        if self.case.raise_to(priority, flags, self.now):
            self.case_changed = True
            self._note("raised", f"priority={int(self.case.priority)}")

    def _person_wrote(self) -> None:
        """A held case now waits for us; it is due again from the first message not yet answered."""
        case = self.case
        if case is None or not (case.open or case.reopens(self.now)):
            return
        if not case.open:
            case.reopen(self.now)
            self._note("reopened")
        case.person_at, self.case_changed = self.received_at, True
        if case.held(self.now) and case.state is not CaseState.WAITING_US:
            case.state = CaseState.WAITING_US
            case.due_from(self.received_at)

    def _note(self, key: str, detail: str = "") -> None:
        self.lines.append(NewLine(self._token(), Author.SYSTEM, self.now, key=key))
        self.events.append((key, detail))
        self.happened.append(key)

    def _token(self) -> str:
        return f"{self.inbox_id}.{len(self.lines)}"

    def _needs_chat(self) -> None:
        if self.chat_id is None:
            raise UpdateError("an update without a chat cannot be answered")
