"""Several texts in one turn: each kept and read by itself, one answer to all; single sentences speak too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from bot.content.phrasebook import Phrasebook
from bot.core.case import CaseView
from bot.core.contact import UNASKED, SafeContact
from bot.core.effects import Audience, Kind, Message, OpenCase
from bot.core.events import Said
from bot.core.helplines import Helpline
from bot.core.ports import Record, TurnUnit
from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.turn import TurnRunner
from tests.clock import FixedClock
from tests.unit.core.conftest import NOW

FLAGS = {"help me": ("violence",)}
INTENTS = {
    "they insult him in the group": "bullying/victim",
    "his account was hacked too": "identity_theft/hacked_account",
}


class Reader:
    """Reads by a small table; the texts joined show no flag."""

    async def read(self, text: str, *, language_hint: str | None = None) -> Reading:
        flags = tuple(FlagHit(name, 1.0) for name in FLAGS.get(text, ()))
        intent = INTENTS.get(text, "bullying/victim" if "insult" in text else "out_of_scope")
        return Reading(text, "en", 0.9, (Ranked(intent, 0.9),), flags, words=len(text.split()))


class Silent:
    def scan(self, text: str) -> tuple[FlagHit, ...]:
        return ()


@dataclass
class Unit:
    """A turn that only keeps what it was asked."""

    received_at: datetime = NOW
    danger: tuple[str, ...] = ()
    records: list[Record] = field(default_factory=list)
    said: list[tuple[str, Kind]] = field(default_factory=list)
    opened: list[OpenCase] = field(default_factory=list)

    async def load(self) -> tuple[Mapping[str, Any], CaseView | None]:
        return {"country": "gh", "greeted": True}, None

    async def on_duty(self) -> bool:
        return False

    async def at_work(self) -> frozenset[int]:
        return frozenset()

    async def contact(self) -> SafeContact:
        return UNASKED

    async def helplines(self) -> Sequence[Helpline]:
        return ()

    async def record(self, record: Record) -> None:
        self.records.append(record)

    async def say(self, message: Message, kind: Kind) -> None:
        self.said.append((message.html, kind))

    async def open_case(self, effect: OpenCase, audience: Audience) -> str:
        self.opened.append(effect)
        return "AB"

    async def save(self, state: Mapping[str, Any], audience: Audience) -> None: ...


async def run(book: Phrasebook, *texts: str) -> Unit:
    unit = Unit()
    first, *more = [Said(NOW, "en", text=text) for text in texts]
    await TurnRunner(Reader(), Silent(), book, FixedClock()).run(cast("TurnUnit", unit), first, more)
    return unit


async def test_a_flag_of_one_text_alone_counts_for_the_burst(book: Phrasebook) -> None:
    unit = await run(book, "hello", "help me", "please")
    assert [record.text for record in unit.records] == ["hello", "help me", "please"]
    assert [[hit.name for hit in record.flags] for record in unit.records] == [[], ["violence"], []]
    assert [case.flags for case in unit.opened] == [("violence",)]


async def test_a_burst_gets_one_answer(book: Phrasebook) -> None:
    together = await run(book, "hello", "they insult him in the group")
    alone = await run(book, "they insult him in the group")
    assert together.said == alone.said


async def test_sentences_on_other_topics_come_by_tap_and_the_gravest_first(book: Phrasebook) -> None:
    unit = await run(book, "his account was hacked too. they insult him in the group")
    titles = [html.splitlines()[0] for html, _ in unit.said]
    assert titles[0] == "<b>Bullying by other children</b>"
    assert any("something else" in html for html, _ in unit.said)
