"""What each page may show: everything a template gets, in the reader's language and ready to print.

Templates see a page and nothing else; a test holds both equal. Words of people appear only in
`Piece.text`, `Reason.quotes`, `CasePage.draft`, `KeptText.text`, `CodesPage.text` and `Unsent.text`,
and are escaped by Jinja.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.console.entry_pages import AccountPage as AccountPage
from bot.console.entry_pages import CodePage as CodePage
from bot.console.entry_pages import CodesPage as CodesPage
from bot.console.entry_pages import EnrolPage as EnrolPage
from bot.console.entry_pages import ExportRow as ExportRow
from bot.console.entry_pages import ExportsPage as ExportsPage
from bot.console.entry_pages import SessionRow as SessionRow
from bot.console.entry_pages import SignInPage as SignInPage
from bot.console.page_parts import Command as Command
from bot.console.page_parts import DueClock as DueClock
from bot.console.page_parts import Frame as Frame
from bot.console.page_parts import LanguageChoice as LanguageChoice
from bot.console.page_parts import Mark as Mark
from bot.console.page_parts import Moment as Moment
from bot.console.page_parts import Section as Section
from bot.console.page_parts import Shell as Shell
from bot.console.page_parts import Unsent as Unsent
from bot.console.sheets import SheetPage as SheetPage
from bot.console.workpages import CaseWork


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the list: nothing that a person wrote. ``mine``: the reader has it."""

    reference: str
    address: str
    priority: Mark
    state: Mark
    clock: DueClock
    language: str
    country: str
    topic: str
    reasons: tuple[str, ...]
    holder: str
    mine: bool
    chosen: bool
    unreachable: str
    returned: str
    help_asked: str
    offered: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the queue."""

    name: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases of a priority are open."""

    priority: Mark
    number: str


@dataclass(frozen=True, slots=True)
class CaseList:
    """The list pane. ``hidden`` counts what a limit or a view keeps back; ``grave`` the emergencies of it;
    ``care`` says what concerns the reader: a break, a colleague who asks, the own dose.
    """

    view: str
    tabs: tuple[Tab, ...]
    counts: tuple[Count, ...]
    rows: tuple[Row, ...]
    empty: str
    empty_more: str
    hidden: str
    grave: str
    more: str
    first: str
    care: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """``token`` makes pressing "take next" twice harmless."""

    shell: Shell
    frame: Frame
    list: CaseList
    token: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; ``flags`` names the flags for which these words spoke."""

    text: str
    flags: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A message or a note. ``author`` is person, bot, staff or note.

    ``veil`` says what is hidden until it is asked for; empty for what is shown at once.
    """

    id: int
    author: str
    who: str
    at: Moment
    pieces: tuple[Piece, ...]
    flags: tuple[str, ...]
    edited: bool
    delivery: Mark | None
    veil: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the timeline: a day, an event, a talk line, or the bot's messages in a row, folded.

    ``kind`` is day, event, talk or bot. ``words`` heads days, events and folds; ``trouble`` says how
    many of a fold's messages were not delivered.
    """

    kind: str
    key: str
    words: str
    at: Moment
    talks: tuple[Talk, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A flag with the words that raised it."""

    flag: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case, opened. ``pane`` is what a phone shows: conversation or details.

    ``compose`` is reply (the reader has it), claim, other or closed; ``seen`` is the newest line on the
    page; ``token`` and ``next_token`` make a double submit harmless.
    """

    shell: Shell
    frame: Frame
    list: CaseList
    reference: str
    pane: str
    row: Row
    entries: tuple[Entry, ...]
    reasons: tuple[Reason, ...]
    role: str
    time_there: str
    confirmed: str
    opened: Moment
    last: Moment
    compose: str
    holder: str
    draft: str
    draft_problem: str
    seen: int
    token: str
    next_token: str
    limit: int
    work: CaseWork


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that shows whether things move. ``level`` is good, soon or late."""

    name: str
    value: str
    level: str
    icon: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    """An update that could not be handled: never its text."""

    id: int
    received: Moment
    failed: Moment
    error: str
    urgent: str


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """What keeps an edit of the texts from being used: file and line, and what to do (English, as in the command)."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class SystemPage:
    shell: Shell
    frame: Frame
    gauges: tuple[Gauge, ...]
    problems: tuple[ProblemRow, ...]
    dead: tuple[DeadRow, ...]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Ways to press it, each a tuple of keys, and what happens."""

    ways: tuple[tuple[str, ...], ...]
    act: str


@dataclass(frozen=True, slots=True)
class HelpPage:
    shell: Shell
    frame: Frame
    shortcuts: tuple[Shortcut, ...]
    work: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text that could not be sent, and where it may go: the same way ``again``, or elsewhere.

    ``address`` and ``fields`` repeat what was tried. ``as_note`` and ``take`` (take the case and keep the
    text as draft) are addresses, empty where that cannot be done.
    """

    text: str
    address: str
    fields: tuple[tuple[str, str], ...]
    again: bool
    as_note: str
    take: str


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something did not work: what, and the way on. Holds no detail of the fault."""

    shell: Shell
    message: str
    kept: KeptText | None
    to_case: str
    to_queue: str


Page = (
    SignInPage
    | CodePage
    | EnrolPage
    | CodesPage
    | AccountPage
    | ExportsPage
    | QueuePage
    | CasePage
    | SystemPage
    | HelpPage
    | SheetPage
    | ErrorPage
)
