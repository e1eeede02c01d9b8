"""Pages made of blocks: a text, forms, charts, a table, in this order. The same rules as in `bot.console.pages`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.console.page_parts import Frame, Mark, Shell
from bot.console.workpages import Fact


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a list, or a box to tick."""

    value: str
    word: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    ``kind`` is text, date, number, password, area, check, checks (a group of boxes named ``name.value``),
    select or hidden. ``group`` heads the fields from here on, ``group_link`` makes it a link and
    ``group_text`` explains it.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    options: tuple[Option, ...] = ()
    hint: str = ""
    needed: bool = False
    group: str = ""
    group_link: str = ""
    group_text: str = ""


@dataclass(frozen=True, slots=True)
class FormBox:
    """A form; ``method`` is get or post, ``token`` makes a double submit harmless.

    ``look`` is stack, columns or filters (fields side by side), or line (fields and button in one line).
    """

    action: str
    method: str
    fields: tuple[Field, ...]
    button: str
    token: str = ""
    look: str = "stack"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table, perhaps a link or with an icon; a number stands to the right, a ``firm`` one never breaks."""

    word: str
    address: str = ""
    number: bool = False
    mark: Mark | None = None
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    word: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; ``none`` is said where there are no rows.

    ``look`` says what becomes of a row on a phone: cards (each value beside its head), flow (values that
    explain themselves, side by side), or narrow (it is small enough to stay as it is).
    """

    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    none: str = ""
    look: str = "cards"


@dataclass(frozen=True, slots=True)
class Rect:
    """A bar in units of its chart; ``kind`` is plain, late or soft."""

    x: float
    y: float
    width: float
    height: float
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Label:
    """Words in a chart; ``anchor`` is start, middle or end."""

    x: float
    y: float
    word: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Colour:
    """What a colour of a chart means."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing; the table beside it says the same in figures."""

    title: str
    wide: int
    high: int
    rects: tuple[Rect, ...]
    labels: tuple[Label, ...]
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page. ``problem`` says what was wrong with what was sent, ``news`` what is well."""

    title: str
    text: str = ""
    problem: str = ""
    news: str = ""
    forms: tuple[FormBox, ...] = ()
    charts: tuple[Chart, ...] = ()
    table: Table | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A place beside this one, or the next page."""

    address: str
    word: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class SheetPage:
    """``places`` are beside this page, ``onward`` leads to more of the same."""

    shell: Shell
    frame: Frame
    places: tuple[Link, ...]
    blocks: tuple[Block, ...]
    onward: tuple[Link, ...] = ()
