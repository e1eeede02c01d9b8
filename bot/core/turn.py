"""One turn: an event is read, answered and remembered inside the transaction of its update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import state as states
from bot.core.dialogue import step
from bot.core.effects import (
    Audience,
    ConfirmCase,
    Effect,
    Forget,
    Kind,
    MarkUnreachable,
    Message,
    OpenCase,
    Phrase,
    RaiseCase,
    Say,
)
from bot.core.events import AnyEvent, Commanded, Said, SentMedia
from bot.core.ports import Clock, DangerScan, Record, Renderer, TextReader, TurnUnit
from bot.core.reading import FlagHit, Ranked, Reading
from bot.core.state import State
from bot.core.taxonomy import FLAGS, LANGUAGES, OUT_OF_SCOPE
from bot.errors import MatcherUnavailable


@dataclass(frozen=True, slots=True)
class Turned:
    """What a turn came to: the state remembered, and the reference of the person's open case, if any."""

    state: State
    reference: str = ""


class TurnRunner:
    """Runs turns. Holds no state of its own: everything is in the unit."""

    def __init__(self, reader: TextReader, scan: DangerScan, renderer: Renderer, clock: Clock) -> None:
        self._reader = reader
        self._scan = scan
        self._renderer = renderer
        self._clock = clock

    async def run(
        self, unit: TurnUnit, event: AnyEvent, preset: Mapping[str, object] | None = None
    ) -> Turned:
        """Answer one event. Raises what the store raises; then nothing of the turn has happened.

        ``preset`` holds fields of the state that the channel knows; what is remembered goes before.
        """
        stored, case = await unit.load()
        stored = {**(preset or {}), **stored}
        state = states.restore(stored, case=case, on_duty=await unit.on_duty())
        event = await self._with_reading(unit, event, state)
        await _record(unit, event)
        state, effects = step(state, event, self._renderer)
        reference = await self._carry_out(unit, effects, state)
        await unit.save(states.dump(state), state.audience)
        return Turned(state, reference)

    async def _with_reading(self, unit: TurnUnit, event: AnyEvent, state: State) -> AnyEvent:
        text = text_of(event)
        if not text.strip() or not isinstance(event, Said | Commanded | SentMedia):
            return event
        try:
            reading = await self._reader.read(text, language_hint=state.language or None)
        except MatcherUnavailable:
            reading = self._by_patterns(unit, text, state.language or event.client_language)
        return replace(event, reading=reading)

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
            case Forget():
                await unit.forget()
            case MarkUnreachable(unreachable):
                await unit.mark_unreachable(unreachable)
        return None


def text_of(event: AnyEvent) -> str:
    """The words of the person in an event, or an empty string."""
    match event:
        case Said(text=text):
            return text
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
    await unit.record(Record("person", text, flags, edited))
