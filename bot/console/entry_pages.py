"""Pages of coming in, of one's own account and of exports.

Words of people appear in `CodesPage.text` and `Unsent.text`.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from bot.console.page_parts import Frame, Mark, Moment, Shell, Unsent
from bot.console.workpages import Choice


@dataclass(frozen=True, slots=True)
class SignInPage:
    """``kept`` goes round through the page of whoever wrote it, and comes back after signing in."""

    shell: Shell
    login: str
    next: str
    problem: str
    info: str
    kept: Unsent | None
    waived: str
    provider: str


@dataclass(frozen=True, slots=True)
class CodePage:
    """Asks for a one-time code; ``kept`` as on the page before."""

    shell: Shell
    next: str
    problem: str
    kept: Unsent | None


@dataclass(frozen=True, slots=True)
class EnrolPage:
    """Setting codes up: the picture for the telephone (an SVG), and the secret in groups to type."""

    shell: Shell
    next: str
    problem: str
    kept: Unsent | None
    picture: Markup
    secret: str


@dataclass(frozen=True, slots=True)
class CodesPage:
    """New recovery codes, shown only now; ``text`` could not be given back to its case."""

    shell: Shell
    codes: tuple[str, ...]
    next: str
    text: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of one's own; ``this``: the one in use."""

    id: int
    begun: Moment
    used: Moment
    this: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One's own account. ``codes_left`` is empty while no codes are set up; ``exports``: may see them."""

    shell: Shell
    frame: Frame
    login: str
    role: str
    sessions: tuple[SessionRow, ...]
    set_up: bool
    codes_left: str
    exports: bool


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export that was asked for, and what the reader may do with it: decide, fetch or nothing."""

    id: int
    what: str
    purpose: str
    state: Mark
    asked_by: str
    asked: Moment
    decided_by: str
    can: str


@dataclass(frozen=True, slots=True)
class ExportsPage:
    """``asks``: the reader may ask for exports."""

    shell: Shell
    frame: Frame
    asks: bool
    purposes: tuple[Choice, ...]
    rows: tuple[ExportRow, ...]
