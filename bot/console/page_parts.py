"""What several pages have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """An icon with its word; ``kind`` also names its colour."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time: for machines (ISO 8601, UTC) and for people (server time)."""

    iso: str
    words: str


@dataclass(frozen=True, slots=True)
class DueClock:
    """How long until a person must have looked.

    ``level`` is calm, soon, late, paused or stopped. ``due`` is set while the clock runs; ``seconds`` is
    the whole time that was given, from which a browser goes on counting.
    """

    level: str
    words: str
    icon: str
    due: Moment | None = None
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language of the interface, in its own name."""

    code: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page has: its language, title and the form to change the language.

    ``here`` is the address to come back to; ``csrf`` belongs into every form.
    """

    language: str
    title: str
    csrf: str
    here: str
    languages: tuple[LanguageChoice, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the console; a ``folded`` one is behind "more" on a phone."""

    name: str
    address: str
    icon: str
    word: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """An act with its keys; the script knows it as ``run``."""

    run: str
    word: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page behind the sign-in.

    ``place`` names the section of ``sections`` that is shown; ``searches``: may look for cases;
    ``seq`` is the number of the last change the page knows of;
    ``emergencies`` are the references of those that nobody has; ``alarm`` is empty while there is none;
    ``words`` is JSON with the texts of the script.
    """

    place: str
    sections: tuple[Section, ...]
    commands: tuple[Command, ...]
    searches: bool
    signed_in_as: str
    server_time: str
    now: str
    seq: int
    emergencies: tuple[str, ...]
    alarm: str
    words: str
    notice: Mark | None


@dataclass(frozen=True, slots=True)
class Unsent:
    """A text that was being sent when the session ended; ``kind`` is the form it came from."""

    reference: str
    kind: str
    text: str
