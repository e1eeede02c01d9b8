"""A flood of messages: all are stored and read for danger, but not each is answered."""

from __future__ import annotations

from dataclasses import replace

from bot.core.dialogue.blocks import button, say
from bot.core.effects import Effect
from bot.core.events import AnyEvent, Pressed
from bot.core.state import State

MOST = 30
"""What is answered one by one in a minute: fifteen texts or thirty taps. Nobody in need types faster."""

_TOPIC_HOURS = 36
"""After so long a silence a short message is a new beginning, not a follow-up."""


def weight(event: AnyEvent) -> int:
    """What an event counts: taps come faster than texts."""
    return 1 if isinstance(event, Pressed) else 2


def counted(state: State, event: AnyEvent) -> State:
    """The state with this event counted, and the topic of days ago left behind."""
    minute = max(0, int(event.at.timestamp()) // 60)
    hour = minute // 60
    if state.hour and hour - state.hour > _TOPIC_HOURS:
        state = replace(state, topic="", part="", misses=0, awaiting="")
    before = state.flood_count if minute == state.flood_minute else 0
    count = before + weight(event)
    return replace(state, hour=hour, flood_minute=minute, flood_count=count)


def over(state: State) -> bool:
    """Whether this message comes too fast to be answered."""
    return state.flood_count > MOST


def answer(state: State, event: AnyEvent) -> tuple[Effect, ...]:
    """Said once a flood, with the way to the numbers; then silence."""
    held = state.case is not None and state.case.held
    if held or state.flood_count - weight(event) > MOST:
        return ()
    return (say("slow_down", buttons=((button("numbers", "numbers"),),)),)
