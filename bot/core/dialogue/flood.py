"""A flood of messages: all are stored and read for danger, but not each is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.dialogue.blocks import button, say
from bot.core.effects import Effect
from bot.core.state import State

MOST = 12
"""Messages a minute that are answered one by one; nobody in need types faster."""

_TOPIC_HOURS = 36
"""After so long a silence a short message is a new beginning, not a follow-up."""


def counted(state: State, at: datetime) -> State:
    """The state with this message counted, and the topic of days ago left behind."""
    minute = max(0, int(at.timestamp()) // 60)
    hour = minute // 60
    if state.hour and hour - state.hour > _TOPIC_HOURS:
        state = replace(state, topic="", part="", misses=0, awaiting="")
    count = state.flood_count + 1 if minute == state.flood_minute else 1
    return replace(state, hour=hour, flood_minute=minute, flood_count=count)


def over(state: State) -> bool:
    """Whether this message comes too fast to be answered."""
    return state.flood_count > MOST


def answer(state: State) -> tuple[Effect, ...]:
    """Said once a flood, with the way to the numbers; then silence."""
    held = state.case is not None and state.case.held
    if held or state.flood_count > MOST + 1:
        return ()
    return (say("slow_down", buttons=((button("numbers", "numbers"),),)),)
