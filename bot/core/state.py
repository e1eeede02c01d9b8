"""What the dialogue remembers of a conversation between two turns: no words of the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bot.core.case import CaseView
from bot.core.contact import UNASKED, SafeContact
from bot.core.effects import Audience
from bot.core.helplines import Helpline
from bot.core.taxonomy import COUNTRIES, LANGUAGES, ROLES


@dataclass(frozen=True, slots=True)
class State:
    """The remembered state. ``case`` and what follows it are looked up at each turn, not stored with it."""

    language: str = ""
    language_chosen: bool = False
    country: str = ""
    role: str = ""
    role_chosen: bool = False
    greeted: bool = False
    draft_told: str = ""
    """Codes of the languages whose draft notice was shown, joined by commas."""
    topic: str = ""
    """The last guidance intent, so that follow-ups keep it."""
    before: str = ""
    """The topic before an alarm, to which its correction leads back."""
    part: str = ""
    """The part of it shown last, so that a follow-up brings the next."""
    helped: str = ""
    """The topic for which "did this help?" was asked, so that it is asked once."""
    hour: int = 0
    """The hour of the last turn since 1970: a topic of days ago is not followed up."""
    flood_minute: int = 0
    flood_count: int = 0
    """What came in that minute, as `bot.core.dialogue.flood` counts it."""
    awaiting: str = ""
    """What a bare yes or a tap would answer: ``delete``, ``helped`` or ``contact``."""
    misses: int = 0
    weekly: bool = False
    """Whether a tip a week is wanted; when the next is due stands in a row of its own."""
    path: str = ""
    """The safety path: ``emergency``, ``urgent`` or empty."""
    path_flag: str = ""
    stage: str = ""
    """``asked`` until the person answered, then ``person``."""
    noted: bool = False
    """Whether a message of this incident was answered as kept for the staff: the next gets fewer words."""
    incident: int = 0
    case: CaseView | None = None
    on_duty: bool = False
    contact: SafeContact = UNASKED
    helplines: tuple[Helpline, ...] = ()
    at_work: frozenset[int] | None = None
    """Ids of the helplines with somebody at work; None where ``on_duty`` says it all."""
    moment: datetime | None = None
    wipes: bool = True
    """Whether messages of the bot can be taken out of the chat: not on every channel."""

    @property
    def audience(self) -> Audience:
        return Audience(self.language, self.country, self.role)


_LOOKED_UP = frozenset({"case", "on_duty", "contact", "helplines", "at_work", "moment", "wipes"})
_STORED = {f.name: f.type for f in fields(State) if f.name not in _LOOKED_UP}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": ("", *LANGUAGES),
    "country": ("", *COUNTRIES),
    "role": ("", *ROLES),
    "path": ("", "emergency", "urgent"),
    "stage": ("", "asked", "person"),
    "part": ("", "first", "more", "say", "avoid", "who"),
}


def dump(state: State) -> dict[str, Any]:
    """The state as JSON values, defaults left out."""
    default = State()
    return {name: getattr(state, name) for name in _STORED if getattr(state, name) != getattr(default, name)}


def restore(
    stored: Mapping[str, Any],
    *,
    case: CaseView | None,
    on_duty: bool,
    contact: SafeContact = UNASKED,
    helplines: Sequence[Helpline] = (),
) -> State:
    """The state again. What is unknown or of a wrong type (an older version) falls back to its default."""
    values = {name: stored[name] for name in _STORED if name in stored and _fits(name, stored[name])}
    return State(**values, case=case, on_duty=on_duty, contact=contact, helplines=tuple(helplines))


def _fits(name: str, value: object) -> bool:
    default = getattr(_DEFAULT, name)
    if type(value) is not type(default):
        return False
    return name not in _CHOICES or value in _CHOICES[name]


_DEFAULT = State()
