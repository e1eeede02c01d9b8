"""What the working parts of a case page may show; the same rules as in `bot.console.pages`.

Words of people's answers appear only in `Insert.text`, which is checked text or a ready text of the staff.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a list, or a link."""

    value: str
    word: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ContactBox:
    """What the person allowed. ``held`` says why nothing would go out now; empty where it would."""

    wish: str
    held: str


@dataclass(frozen=True, slots=True)
class Top:
    """A group of categories."""

    word: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """A text that one key puts into the answer; ``title`` says what it is, ``back`` who read it back and as what."""

    title: str
    text: str
    back: tuple[str, str] = ("", "")
    lacks_back: str = ""


@dataclass(frozen=True, slots=True)
class ClosingForm:
    """What is asked when a case ends. ``alone``: an emergency that only one person has seen."""

    outcomes: tuple[Choice, ...]
    suggested: tuple[Choice, ...]
    tops: tuple[Top, ...]
    referrals: tuple[Choice, ...]
    flags: tuple[Choice, ...]
    alone: bool


@dataclass(frozen=True, slots=True)
class CaseWork:
    """Everything about a case beside its talk.

    ``readers`` says who else looked just now;
    ``silence`` warns that somebody else may have the phone; ``offered`` is to_me, to_other or empty.
    ``lease`` is the remaining time in words, ``lease_until`` the moment (ISO) from which a browser counts.
    """

    contact: ContactBox
    silence: str
    readers: str
    offered: str
    offered_words: str
    help_words: str
    second_words: str
    lease: str
    lease_until: str
    may_offer: bool
    may_call: bool
    may_stand_by: bool
    may_take_over: bool
    may_lead: bool
    may_mark: bool
    priorities: tuple[Choice, ...]
    colleagues: tuple[Choice, ...]
    helplines: tuple[Choice, ...]
    main: Choice | None
    same: tuple[Choice, ...]
    before: tuple[Choice, ...]
    closing: ClosingForm
    record: tuple[Fact, ...]
    inserts: tuple[Insert, ...]
    no_ready: str
