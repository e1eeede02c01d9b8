"""The system page, the help page, and whether the console is well."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.console.catalogue import Catalogue
from bot.console.clocks import duration, moment_of
from bot.console.desk import notice, waiting_of
from bot.console.pages import DeadRow, Frame, Gauge, HelpPage, Mark, ProblemRow, Shortcut, SystemPage
from bot.console.present import Reader, priority_mark, state_mark
from bot.console.shortcuts import SHORTCUTS
from bot.console.timeline import delivery_mark
from bot.console.visit import Numbers, member_of, parts_of, reader_of
from bot.core.case import DUE, LEASE, CaseState, DeliveryState
from bot.core.content_state import ContentProblem, ContentState
from bot.core.taxonomy import Priority
from bot.errors import StoreError
from bot.helpline.service import DeadLetter

router = APIRouter()

SOON = timedelta(seconds=30)
LATE = timedelta(minutes=2)
"""A message that waits this long to be handled or sent means that something stands still."""


@router.get("/healthz")
async def health(request: Request) -> Response:
    """200 while the database answers, 503 while it is away; and whether the newest texts are in use."""
    state = parts_of(request).content()
    content = {"content": "refused" if state.problems else "current", "learning": state.learning}
    try:
        await parts_of(request).service.latest_change()
    except StoreError:
        return JSONResponse({"status": "away", **content}, 503)
    return JSONResponse({"status": "ok", **content})


@router.get("/system")
async def show_system(request: Request) -> Response:
    """What waits, and what needs a look."""
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    frame = await _frame(request, reader, "system")
    numbers = await parts.stats.numbers()
    letters = await parts.service.dead_letters(member)
    page = SystemPage(
        shell=reader.shell(reader.words.t("system.title")),
        frame=frame,
        gauges=(*gauges(reader.words, numbers), content_gauge(reader, parts.content())),
        problems=tuple(ProblemRow(_place(item), item.message) for item in parts.content().problems),
        dead=tuple(_dead_row(reader, letter) for letter in letters),
    )
    return parts.renderer.page(page)


@router.post("/system/dead/{letter_id}/retry")
async def retry(request: Request, letter_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Hand a message out again that could not be handled."""
    await parts_of(request).service.retry_dead_letter(member_of(request), letter_id)
    return RedirectResponse("/system?done=retried", 303)


@router.get("/help")
async def show_help(request: Request) -> Response:
    """Shortcuts, the way of working, and what the marks mean."""
    reader = reader_of(request)
    words = reader.words
    page = HelpPage(
        shell=reader.shell(words.t("help.title")),
        frame=await _frame(request, reader, "help"),
        shortcuts=tuple(Shortcut(ways, words.t(f"help.{act}")) for act, ways in SHORTCUTS.items()),
        work=_work(words),
        marks=_marks(words),
    )
    return parts_of(request).renderer.page(page)


async def _frame(request: Request, reader: Reader, place: str) -> Frame:
    parts, member = parts_of(request), member_of(request)
    seq = await parts.service.latest_change()
    waiting = await waiting_of(request)
    return reader.frame(member, place, seq, waiting, notice(request))


def gauges(words: Catalogue, numbers: Numbers) -> tuple[Gauge, ...]:
    """The numbers with their levels: an age by time, a count by being more than none."""
    return (
        _balance(words, numbers),
        _at_telegram(words, numbers.telegram_pending, numbers.telegram_asked),
        _age(words, "system.inbox", numbers.inbox_oldest),
        _age(words, "system.outbox", numbers.outbox_oldest),
        _count(words, "system.uncertain", numbers.outbox_uncertain),
        _count(words, "system.dead_count", numbers.dead_letters),
        _age(words, "system.alerts", numbers.alerts_oldest),
        _count(words, "system.alerts_failed", numbers.alerts_failed),
        _receivers(words, numbers.alert_receivers),
    )


def content_gauge(reader: Reader, state: ContentState) -> Gauge:
    """Which texts are in use: since when, or that a newer edit waits to be mended."""
    words = reader.words
    if state.problems:
        return Gauge(words.t("system.content"), words.t("system.content_refused"), "soon", "warning")
    key = "system.content_learning" if state.learning else "system.content_since"
    since = moment_of(words, state.since, reader.now).words
    return Gauge(words.t("system.content"), words.t(key, time=since), "good", "sent")


def _place(item: ContentProblem) -> str:
    return f"{item.file}:{item.line}" if item.line else item.file


def _balance(words: Catalogue, numbers: Numbers) -> Gauge:
    """All that came in a day, and what became of it: the two sides are equal, or something is lost."""
    parts = {
        name: words.number(getattr(numbers, name)) for name in ("received", "handled", "waiting", "given_up")
    }
    whole = numbers.received == numbers.handled + numbers.waiting + numbers.given_up
    level = "good" if whole and not numbers.given_up else "soon" if whole else "late"
    value = words.t("system.balance_of", **parts)
    return Gauge(words.t("system.balance"), value, level, "sent" if level == "good" else "warning")


def _at_telegram(words: Catalogue, pending: int | None, asked: float | None) -> Gauge:
    """A count that is no longer asked for says nothing: the bot stands still, or Telegram is away."""
    name = words.t("system.at_telegram")
    if pending is None or asked is None:
        return Gauge(name, words.t("system.at_telegram_unknown"), "soon", "warning")
    age = timedelta(seconds=asked)
    value = words.t("system.at_telegram_of", count=words.number(pending), time=duration(words, age))
    level = "late" if age >= LATE else "soon" if pending else "good"
    return Gauge(name, value, level, "sent" if level == "good" else "warning")


def _age(words: Catalogue, key: str, seconds: float) -> Gauge:
    age = timedelta(seconds=seconds)
    value = words.t("system.since", time=duration(words, age)) if seconds else words.t("system.nothing_waits")
    level = "late" if age >= LATE else "soon" if age >= SOON else "good"
    return Gauge(words.t(key), value, level, "sent" if level == "good" else "warning")


def _count(words: Catalogue, key: str, count: int) -> Gauge:
    return Gauge(words.t(key), str(count), "soon" if count else "good", "warning" if count else "sent")


def _receivers(words: Catalogue, count: int) -> Gauge:
    """Without any, an emergency at night is seen by nobody who has not the console open."""
    value = words.number(count) if count else words.t("system.receivers_none")
    return Gauge(
        words.t("system.receivers"), value, "good" if count else "soon", "sent" if count else "warning"
    )


def _dead_row(reader: Reader, letter: DeadLetter) -> DeadRow:
    return DeadRow(
        id=letter.id,
        received=moment_of(reader.words, letter.received_at, reader.now),
        failed=moment_of(reader.words, letter.died_at, reader.now),
        error=letter.code,
        urgent=reader.words.t("priority.urgent") if letter.urgent else "",
    )


def _work(words: Catalogue) -> tuple[str, ...]:
    due = {
        "emergency": duration(words, DUE[Priority.EMERGENCY]),
        "urgent": duration(words, DUE[Priority.URGENT]),
        "routine": duration(words, DUE[Priority.ROUTINE]),
    }
    return (
        words.t("help.work_order"),
        words.t("help.due_times", **due),
        words.t("help.work_claim"),
        words.t("help.work_lease", minutes=LEASE // timedelta(minutes=1)),
        words.t("help.work_note"),
        words.t("help.work_delivery"),
        words.t("help.work_record"),
        words.t("help.work_care"),
        words.t("help.work_back"),
    )


def _marks(words: Catalogue) -> tuple[Mark, ...]:
    priorities = [priority_mark(words, priority) for priority in sorted(Priority, reverse=True)]
    states = [state_mark(words, state) for state in CaseState]
    deliveries = [mark for state in DeliveryState if (mark := delivery_mark(words, state)) is not None]
    return (*priorities, *states, *deliveries)
