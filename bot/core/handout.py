"""A printed page as data: what stands on it, in words; how it looks is for `bot.handouts`."""

from __future__ import annotations

from dataclasses import dataclass

FAMILY = "family_"


@dataclass(frozen=True, slots=True)
class Document:
    """A page that goes out as a file. The outbox keeps only this; the file is made at delivery.

    ``name`` is a lesson card's id, or ``family_<topic>``.
    """

    name: str
    language: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines. ``style`` is ``text``, ``list``, ``numbers``, ``ticks`` or ``quotes``."""

    heading: str
    lines: tuple[str, ...]
    style: str = "text"


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a lesson: how long, what to do, and perhaps the words to say."""

    minutes: str
    do: str
    say: str


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Whom to call: the number as dialled (or the address), whose it is, and what else is known."""

    number: str
    name: str
    details: str


@dataclass(frozen=True, slots=True)
class Handout:
    """A page in one language for one country. Empty tuples and texts are left out."""

    language: str
    title: str
    topic: str
    facts: tuple[str, ...]
    lead: tuple[Section, ...]
    before: Section | None
    steps_heading: str
    steps: tuple[StepLine, ...]
    middle: tuple[Section, ...]
    key: Section | None
    guard: Section | None
    last: tuple[Section, ...]
    help_heading: str
    help: tuple[HelpLine, ...]
    help_checked: str
    tear_off: Section | None
    draft: str
    made_with: str
    sources: str
    version: str
    page: str
    """``… {page} … {pages}``: filled where the pages are counted."""
