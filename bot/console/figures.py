"""The lead's figures: each chart with the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.console.catalogue import Catalogue
from bot.console.charts import Bar, columns, lines
from bot.console.clocks import duration
from bot.console.door import BadForm
from bot.console.present import PRIORITY_KINDS, priority_mark
from bot.console.sheet_page import sheet
from bot.console.sheets import Block, Cell, Colour, Head, Link, Table
from bot.console.timeline import flag_word
from bot.console.visit import member_of, parts_of, reader_of
from bot.core.access import Permission
from bot.core.taxonomy import Priority
from bot.helpline.service import FEW, MANY_HARD, Report

router = APIRouter()

PERIODS = (7, 30, 90)
_NARROW = 4
"""So many columns fit on a phone."""

BY_RANK = tuple(sorted(Priority, reverse=True))
_NUMBERS = frozenset(
    {
        *("opened", "answered", "in_time", "middle", "slow", "overdue", "mean", "held", "grave", "closed"),
        *("right", "wrong", "precision", "people", "share", "in_all", "a_head"),
    }
)


@router.get("/figures")
async def show_figures(request: Request, days: int = 7) -> Response:
    """Figures of a period."""
    if days not in PERIODS:
        raise BadForm
    parts, member, words = parts_of(request), member_of(request), reader_of(request).words
    report = await parts.service.report(member, days)
    team = (_team(words, report), _exposure(words, report)) if member.may(Permission.TEAM_SEE) else ()
    small = Block(words.t("figures.small"), text=words.t("figures.small_text", n=FEW))
    blocks = (
        *((small,) if report.left_out else ()),
        _waiting(words, report),
        _hours(words, report),
        _overdue(words, report),
        *team,
        _flags(words, report),
        _outcomes(words, report),
        _categories(words, report),
        _helped(words, report),
    )
    places = tuple(Link(f"/figures?days={n}", words.t("figures.days", n=n), n == days) for n in PERIODS)
    return await sheet(request, "figures.title", blocks, "figures", places=places)


def _heads(words: Catalogue, *names: str) -> tuple[Head, ...]:
    return tuple(Head(words.t(f"figures.{name}"), name in _NUMBERS) for name in names)


def _table(words: Catalogue, names: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> Table:
    found = _heads(words, *names)
    look = "narrow" if len(found) <= _NARROW else "cards"
    return Table(found, tuple(rows), words.t("figures.none"), look)


def _number(words: Catalogue, value: int) -> Cell:
    return Cell(words.number(value), number=True)


def _few(words: Catalogue, cells: int) -> tuple[Cell, ...]:
    """A row whose figures are too small for this reader."""
    return (Cell(words.t("figures.few"), number=True), *[Cell("–", number=True)] * (cells - 1))


def _time(words: Catalogue, value: timedelta | None) -> Cell:
    return Cell("–" if value is None else duration(words, value), number=True)


def _share(words: Catalogue, part: int, whole: int) -> Cell:
    return Cell(words.percent(part / whole) if whole else "–", number=True)


def _priority(words: Catalogue, priority: Priority) -> str:
    return words.t(f"priority.{PRIORITY_KINDS[priority]}")


def _two(words: Catalogue, plain: str, soft: str) -> tuple[Colour, Colour]:
    return Colour("plain", words.t(f"figures.{plain}")), Colour("soft", words.t(f"figures.{soft}"))


def _waiting(words: Catalogue, report: Report) -> Block:
    """How long people of each priority waited for a person."""
    rows, bars = [], []
    for priority in BY_RANK:
        wait = report.waiting[priority]
        if wait.few:
            rows.append((Cell("", mark=priority_mark(words, priority)), *_few(words, 5)))
            continue
        rows.append(
            (
                Cell("", mark=priority_mark(words, priority)),
                _number(words, wait.opened),
                _number(words, wait.answered),
                _share(words, wait.in_time, wait.answered),
                _time(words, wait.middle),
                _time(words, wait.slow),
            )
        )
        late = wait.answered - wait.in_time
        shown = words.t("figures.in_time_of", n=wait.answered, k=wait.in_time)
        bars.append(Bar(_priority(words, priority), wait.in_time, shown, soft=late))
    return Block(
        words.t("figures.waiting"),
        text=words.t("figures.waiting_text"),
        charts=(lines(words.t("figures.waiting_chart"), bars, *_two(words, "in_time", "late")),),
        table=_table(words, ("priority", "opened", "answered", "in_time", "middle", "slow"), rows),
    )


def _hours(words: Catalogue, report: Report) -> Block:
    """When cases come, and how long a person takes then."""
    opened = [
        Bar(str(at), hour.opened, str(hour.opened) if hour.opened else "")
        for at, hour in enumerate(report.hours)
    ]
    longest = max((hour.mean for hour in report.hours if hour.mean), default=None)
    waits = [
        Bar(
            str(at),
            hour.mean.total_seconds() if hour.mean else 0.0,
            duration(words, hour.mean) if hour.mean and hour.mean == longest else "",
        )
        for at, hour in enumerate(report.hours)
    ]
    rows = [
        (Cell(f"{at:02d}:00"), *_few(words, 2))
        if hour.few
        else (Cell(f"{at:02d}:00"), _number(words, hour.opened), _time(words, hour.mean))
        for at, hour in enumerate(report.hours)
        if hour.opened or hour.few
    ]
    return Block(
        words.t("figures.hours"),
        text=words.t("figures.hours_text"),
        charts=(
            columns(words.t("figures.hours_opened"), opened, every=3),
            columns(words.t("figures.hours_mean"), waits, every=3),
        ),
        table=_table(words, ("hour", "opened", "mean"), rows),
    )


def _overdue(words: Catalogue, report: Report) -> Block:
    """Who waits longer than they should at this moment."""
    found = [(priority, report.overdue[priority]) for priority in BY_RANK]
    bars = [Bar(_priority(words, p), count, words.number(count), late=True) for p, count in found]
    rows = [(Cell("", mark=priority_mark(words, p)), _number(words, count)) for p, count in found]
    return Block(
        words.t("figures.overdue_now"),
        text=words.t("figures.overdue_text"),
        charts=(lines(words.t("figures.overdue_now"), bars),),
        table=_table(words, ("priority", "overdue"), rows),
    )


def _team(words: Catalogue, report: Report) -> Block:
    """What each carries: by name, never ranked by speed."""
    title = words.t("figures.team")
    bars = [Bar(load.name, load.held, words.number(load.held), late=load.grave > 1) for load in report.team]
    rows = [
        (Cell(load.name), _number(words, load.held), _number(words, load.grave), _number(words, load.closed))
        for load in report.team
    ]
    return Block(
        title,
        text=words.t("figures.team_text"),
        charts=(lines(words.t("figures.team_chart"), bars),) if bars else (),
        table=_table(words, ("name", "held", "grave", "closed"), rows),
    )


def _exposure(words: Catalogue, report: Report) -> Block:
    """What all together had to read; a figure of few people is not shown."""
    rows = []
    for name, found in report.exposure.items():
        head = Cell(words.t(f"figures.care_{name}", n=MANY_HARD))
        if found.few:
            rows.append((head, *_few(words, 2)))
            continue
        mean = words.number(round(found.count / found.people)) if found.people else "–"
        rows.append((head, _number(words, found.count), Cell(mean, number=True)))
    return Block(
        words.t("figures.exposure"),
        text=words.t("figures.exposure_text", n=FEW),
        table=_table(words, ("what", "in_all", "a_head"), rows),
    )


def _flags(words: Catalogue, report: Report) -> Block:
    """How often a flag was right, as judged when cases were closed."""
    judged = [(flag_word(words, name), one) for name, one in report.flags.items() if one.right + one.wrong]
    bars = [
        Bar(name, one.right, words.percent(one.right / (one.right + one.wrong)), soft=one.wrong)
        for name, one in judged
    ]
    rows = [
        (
            Cell(name),
            _number(words, one.right),
            _number(words, one.wrong),
            _share(words, one.right, one.right + one.wrong),
        )
        for name, one in judged
    ]
    return Block(
        words.t("figures.flags"),
        text=words.t("figures.flags_text"),
        charts=(lines(words.t("figures.flags_chart"), bars, *_two(words, "right", "wrong")),) if bars else (),
        table=_table(words, ("flag", "right", "wrong", "precision"), rows),
    )


def _counted(words: Catalogue, title: str, name: str, found: Iterable[tuple[str, int]]) -> Block:
    """Counts with long names, the largest first."""
    most = sorted(((word, n) for word, n in found if n), key=lambda pair: -pair[1])
    bars = [Bar(word, n, words.number(n)) for word, n in most]
    rows = [(Cell(word), _number(words, n)) for word, n in most]
    charts = (lines(title, bars),) if bars else ()
    return Block(title, charts=charts, table=_table(words, (name, "closed"), rows))


def _outcomes(words: Catalogue, report: Report) -> Block:
    found = ((words.t(f"outcome.{outcome.value}"), n) for outcome, n in report.outcomes.items())
    return _counted(words, words.t("figures.outcomes"), "outcome", found)


def _categories(words: Catalogue, report: Report) -> Block:
    found = ((words.t(f"chi.{top}"), n) for top, n in report.categories.items())
    return _counted(words, words.t("figures.categories"), "category", found)


def _helped(words: Catalogue, report: Report) -> Block:
    """What people answered when they were asked whether it helped."""
    whole = report.helped + report.not_helped
    found = [(words.t("figures.yes"), report.helped), (words.t("figures.no"), report.not_helped)]
    bars = [Bar(word, n, words.number(n)) for word, n in found] if whole else []
    rows = [(Cell(word), _number(words, n), _share(words, n, whole)) for word, n in found] if whole else []
    title = words.t("figures.helped")
    return Block(
        title,
        text=words.t("figures.helped_text"),
        charts=(lines(title, bars),) if bars else (),
        table=_table(words, ("answer", "people", "share"), rows),
    )
