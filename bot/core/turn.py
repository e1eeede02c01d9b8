"""One turn: an event is read, answered and remembered inside the transaction of its update."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import state as states
from bot.core.dialogue import step
from bot.core.dialogue.everyday import CONFIDENT
from bot.core.effects import (
    Audience,
    ConfirmCase,
    Count,
    Effect,
    Forget,
    Kind,
    MarkUnreachable,
    Message,
    OpenCase,
    Phrase,
    RaiseCase,
    Release,
    Say,
    SetContact,
    Weekly,
    Wipe,
)
from bot.core.events import AnyEvent, Commanded, Pressed, Said, SentMedia
from bot.core.lessons import next_tip
from bot.core.ports import Clock, DangerScan, Record, Renderer, TextReader, TurnUnit
from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.several import with_other_topics
from bot.core.state import State
from bot.core.taxonomy import FLAGS, LANGUAGES, OUT_OF_SCOPE
from bot.errors import MatcherUnavailable


@dataclass(frozen=True, slots=True)
class Turned:
    """What a turn came to: the state remembered, and the reference of the person's open case, if any."""

    state: State
    reference: str = ""


_FEW_WORDS = 8
"""More are hardly a thank-you alone."""
_LINK = re.compile(r"[A-Za-z]{2}(?:_[A-Za-z0-9-]+)+")


class TurnRunner:
    """Runs turns. Holds no state of its own: everything is in the unit."""

    def __init__(
        self,
        reader: TextReader,
        scan: DangerScan,
        renderer: Renderer,
        clock: Clock,
        *,
        aside: TextReader | None = None,
        wipes: bool = True,
    ) -> None:
        """Make a runner for one channel.

        Args:
            aside: reads the single sentences of a message; it must answer without the network.
            wipes: whether the channel can take messages of the bot out of the chat.
        """
        self._wipes = wipes
        self._reader = reader
        self._aside = aside or reader
        self._scan = scan
        self._renderer = renderer
        self._clock = clock

    async def run(
        self,
        unit: TurnUnit,
        event: AnyEvent,
        more: Sequence[Said] = (),
        preset: Mapping[str, object] | None = None,
    ) -> Turned:
        """Answer one event. Raises what the store raises; then nothing of the turn has happened.

        Args:
            unit: the update in work.
            event: what happened.
            more: texts that followed at once. Each is kept, and read for danger, by itself; the answer
                is to all of them together.
            preset: fields of the state that the channel knows; what is remembered goes before.
        """
        stored, case = await unit.load()
        duty, contact = await unit.on_duty(), await unit.contact()
        helplines = await unit.helplines()
        known = {**(preset or {}), **stored}
        state = states.restore(known, case=case, on_duty=duty, contact=contact, helplines=helplines)
        state = replace(state, wipes=self._wipes, at_work=await unit.at_work())
        if isinstance(event, Said) and more:
            event = await self._together(unit, (event, *more), state)
        else:
            event = await self._with_reading(unit, event, state)
            await _record(unit, event)
        if isinstance(event, Pressed):
            event = replace(event, at=unit.received_at)  # Telegram gives the time of the message only
        state, effects = step(state, event, self._renderer)
        reference = await self._carry_out(unit, effects, state)
        await unit.save(states.dump(state), state.audience)
        return Turned(state, reference)

    async def _together(self, unit: TurnUnit, texts: Sequence[Said], state: State) -> Said:
        """One event of several texts, with every flag that one of them raised by itself."""
        hits: dict[str, FlagHit] = {}
        for said in texts:
            reading = await self._by(self._aside, unit, said.text, state.language or said.client_language)
            await _record(unit, replace(said, reading=reading))
            for hit in reading.flags:
                hits.setdefault(hit.name, hit)
        joined = replace(texts[-1], text="\n".join(said.text for said in texts))
        event = await self._with_reading(unit, joined, state)
        assert isinstance(event, Said)
        if event.reading is None:
            return event
        found = {hit.name: hit for hit in event.reading.flags}
        flags = tuple({**hits, **found}.values())
        return replace(event, reading=replace(event.reading, flags=flags))

    async def _with_reading(self, unit: TurnUnit, event: AnyEvent, state: State) -> AnyEvent:
        text = text_of(event)
        if not text.strip() or not isinstance(event, Said | Commanded | SentMedia):
            return event
        reading = await self._by(self._reader, unit, text, state.language or event.client_language)
        return replace(event, reading=await with_other_topics(reading, self._aside))

    async def _by(self, reader: TextReader, unit: TurnUnit, text: str, language: str) -> Reading:
        try:
            return await reader.read(text, language_hint=language or None)
        except MatcherUnavailable:
            return self._by_patterns(unit, text, language)

    def _by_patterns(self, unit: TurnUnit, text: str, language: str) -> Reading:
        """Without a model the patterns still see danger, as they did when the update was stored."""
        hits = {hit.name: hit for hit in self._scan.scan(text)}
        for name in unit.danger:
            if name in FLAGS:
                hits.setdefault(name, FlagHit(name, 1.0))
        code = language[:2].lower()
        return Reading(
            text=text,
            language=code if code in LANGUAGES else LANGUAGES[0],
            language_confidence=0.0,
            ranking=(Ranked(OUT_OF_SCOPE, 0.0),),
            flags=tuple(hits.values()),
            words=len(text.split()),
        )

    async def _carry_out(self, unit: TurnUnit, effects: tuple[Effect, ...], state: State) -> str:
        """The reference of the case that is open afterwards, or an empty string."""
        reference = state.case.reference if state.case is not None and state.case.open else ""
        for effect in effects:
            reference = await self._one(unit, effect, state) or reference
            if isinstance(effect, ConfirmCase) and effect.answer == "wrong":
                reference = ""
        return reference

    async def _one(self, unit: TurnUnit, effect: Effect, state: State) -> str | None:
        """Carry out an effect. Returns the reference where a case was opened."""
        match effect:
            case Say():
                for message in self._renderer.render(effect, state.audience, self._clock.now()):
                    await unit.say(message, effect.kind)
            case OpenCase():
                return await unit.open_case(effect, state.audience)
            case RaiseCase():
                await unit.raise_case(effect)
            case ConfirmCase():
                await unit.confirm_case(effect)
            case Weekly(wanted):
                zone = self._renderer.timezone(state.country)
                await unit.weekly(next_tip(self._clock.now(), zone) if wanted else None)
            case _:
                await _plainly(unit, effect)
        return None


async def _plainly(unit: TurnUnit, effect: Effect) -> None:
    """Effects that the unit alone carries out."""
    match effect:
        case Forget():
            await unit.forget()
        case MarkUnreachable(unreachable):
            await unit.mark_unreachable(unreachable)
        case SetContact(contact):
            await unit.set_contact(contact)
        case Release():
            await unit.release()
        case Wipe():
            await unit.wipe()
        case Count(what):
            await unit.count(what)


def text_of(event: AnyEvent) -> str:
    """The words of the person in an event, or an empty string."""
    match event:
        case Said(text=text):
            return text
        case Commanded(name="start", argument=argument) if _LINK.fullmatch(argument):
            return ""  # a deep link's parameter is nobody's words
        case Commanded(argument=argument):
            return argument
        case SentMedia(caption=caption):
            return caption
        case _:
            return ""


def fallback(renderer: Renderer, client_language: str, now: datetime) -> Message:
    """The safety text for when a turn, or the database, fails: complete in itself."""
    audience = Audience(renderer.closest_language(client_language))
    return renderer.render(Say((Phrase("safety.fallback"),), kind=Kind.SAFETY), audience, now)[0]


async def _record(unit: TurnUnit, event: AnyEvent) -> None:
    text = text_of(event)
    if not text.strip():
        return
    reading = getattr(event, "reading", None)
    flags = reading.flags if reading is not None else ()
    edited = isinstance(event, Said) and event.edited
    await unit.record(Record("person", text, flags, edited, _parting(reading)))


def _parting(reading: Reading | None) -> bool:
    if reading is None or reading.flags or "?" in reading.text or reading.words > _FEW_WORDS:
        return False
    return reading.intent.name in ("thanks", "goodbye") and reading.intent.confidence >= CONFIDENT
