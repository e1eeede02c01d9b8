"""Search over all cases of one's helpline. Words of people are encrypted and cannot be searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.catalogue import Catalogue
from bot.console.present import PRIORITY_KINDS, priority_mark, state_mark, topic_options, topic_word
from bot.console.sheet_page import heads, options, sheet
from bot.console.sheets import Block, Cell, Field, FormBox, Link, Table
from bot.console.timeline import flag_word
from bot.console.visit import member_of, parts_of, reader_of
from bot.core.access import Permission
from bot.core.case import CaseState, QueueRow
from bot.core.taxonomy import COUNTRIES, FLAGS, LANGUAGES, Priority
from bot.helpline.service import Found, Search, StaffMember

router = APIRouter()

NAMES = (
    *("reference", "state", "priority", "flag", "topic", "country", "language", "holder", "since", "until"),
)
_SHOWN = ("reference", "priority", "state", "topic", "flag", "language", "country", "opened", "holder")


@router.get("/search")
async def show_search(request: Request, after: str = "", only: str = "") -> Response:
    """The form, and what fits. With ``only``, the one case of a reference opens at once."""
    parts, member, words = parts_of(request), member_of(request), reader_of(request).words
    asked = {name: request.query_params.get(name, "").strip()[:80] for name in NAMES}
    if not member.may(Permission.TEAM_SEE) and asked["holder"] != str(member.id):
        asked["holder"] = ""
    problem, status, found = "", 200, Found((), None)
    try:
        found = await parts.service.search(member, search_of(asked, words), after or None)
    except ValueError:
        problem, status = words.t("search.wrong"), 422
    if only and len(found.rows) == 1 and member.may(Permission.CASE_READ):
        return RedirectResponse(f"/cases/{found.rows[0].reference}#latest", 303)
    form = FormBox("/search", "get", await _fields(request, asked), words.t("search.go"), look="filters")
    blocks = (
        Block(words.t("search.what"), text=words.t("search.text"), problem=problem, forms=(form,)),
        Block(words.t("search.found"), text=_summary(words, asked, found), table=_listed(request, found)),
    )
    return await sheet(
        request, "search.title", blocks, "search", onward=_onward(words, asked, after, found), status=status
    )


def search_of(asked: Mapping[str, str], words: Catalogue) -> Search:
    """What the address asks for. Raises ValueError for what cannot be looked for."""
    until = _day(asked["until"], words)
    holder = asked["holder"]
    if holder and not (holder.isascii() and holder.isdigit() and len(holder) < 19):
        raise ValueError("nobody has this number")
    if asked["state"] and asked["state"] not in set(CaseState):
        raise ValueError("there is no such state")
    return Search(
        reference=asked["reference"],
        state=asked["state"],
        priority=asked["priority"],
        flag=asked["flag"],
        topic=asked["topic"],
        country=asked["country"],
        language=asked["language"],
        staff_id=int(holder) if holder else None,
        since=_day(asked["since"], words),
        until=None if until is None else until + timedelta(days=1),
    )


def _day(written: str, words: Catalogue) -> datetime | None:
    """The begin of a day on the server's clock. Raises ValueError."""
    if not written:
        return None
    day = date.fromisoformat(written)
    if not 2000 <= day.year <= 2200:
        raise ValueError("this day is too far away")
    return datetime.combine(day, time(), words.zone)


async def _fields(request: Request, asked: Mapping[str, str]) -> tuple[Field, ...]:
    words = reader_of(request).words

    def select(name: str, pairs: Iterable[tuple[str, str]]) -> Field:
        everything = [("", words.t("search.any")), *pairs]
        return Field(name, words.t(f"search.{name}"), "select", options=options(everything, asked[name]))

    by_rank = sorted(Priority, reverse=True)
    countries = sorted(((code, words.country(code)) for code in COUNTRIES), key=lambda pair: pair[1])
    return (
        Field("reference", words.t("search.reference"), value=asked["reference"]),
        select("state", ((state.value, words.t(f"state.{state.value}")) for state in CaseState)),
        select("priority", ((p.name.lower(), words.t(f"priority.{PRIORITY_KINDS[p]}")) for p in by_rank)),
        select("flag", ((flag, flag_word(words, flag)) for flag in FLAGS)),
        select("topic", topic_options(words)),
        select("country", countries),
        select("language", ((code, words.tongue(code)) for code in LANGUAGES)),
        select("holder", ((str(one.id), one.name) for one in await _people(request))),
        Field("since", words.t("search.since"), "date", asked["since"]),
        Field("until", words.t("search.until"), "date", asked["until"]),
    )


async def _people(request: Request) -> list[StaffMember]:
    """A lead searches by anybody of the team; the others by themselves."""
    member = member_of(request)
    if not member.may(Permission.CASE_WORK):
        return []
    if not member.may(Permission.TEAM_SEE):
        return [member]
    return [member, *await parts_of(request).service.colleagues(member)]


def _summary(words: Catalogue, asked: Mapping[str, str], found: Found) -> str:
    if not found.rows:
        return ""
    count = words.t("search.count" if found.after is None else "search.first", n=len(found.rows))
    bounded = asked["since"] or asked["until"] or asked["reference"]
    return count if bounded else " ".join((count, words.t("search.period")))


def _listed(request: Request, found: Found) -> Table:
    reader, may_open = reader_of(request), member_of(request).may(Permission.CASE_READ)
    rows = tuple(_cells(reader.words, row, reader.now, may_open) for row in found.rows)
    return Table(heads(reader.words, "search", *_SHOWN), rows, reader.words.t("search.none"), look="flow")


def _cells(words: Catalogue, row: QueueRow, now: datetime, may_open: bool) -> tuple[Cell, ...]:
    return (
        Cell(row.reference, f"/cases/{row.reference}#latest" if may_open else "", firm=True),
        Cell("", mark=priority_mark(words, row.priority)),
        Cell("", mark=state_mark(words, row.state)),
        Cell(topic_word(words, row.intent)),
        Cell(" · ".join(flag_word(words, flag) for flag in row.flags)),
        Cell(words.tongue(row.language)),
        Cell(words.country(row.country) if row.country else ""),
        Cell(words.moment(row.opened_at, now), firm=True),
        Cell(row.holder),
    )


def _onward(words: Catalogue, asked: Mapping[str, str], after: str, found: Found) -> tuple[Link, ...]:
    kept = {name: value for name, value in asked.items() if value}
    links = [Link(f"/search?{urlencode(kept)}", words.t("queue.first"))] if after else []
    if found.after is not None:
        links.append(Link(f"/search?{urlencode({**kept, 'after': found.after})}", words.t("queue.more")))
    return tuple(links)
