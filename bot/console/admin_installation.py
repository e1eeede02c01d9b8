"""Administration of the installation: how old the keys are, and which texts are in use."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.console.present import Reader
from bot.console.sheet_page import admin_sheet, heads
from bot.console.sheets import Block, Cell, Table
from bot.console.visit import member_of, parts_of, reader_of
from bot.console.workpages import Fact
from bot.core.content_state import ContentState
from bot.helpline.service import KeyState

router = APIRouter()

OLD_DAYS = 365
"""Keys are better changed once a year (NIST SP 800-57 part 1, 5.3.6, names one to two years for such keys)."""


@router.get("/admin/installation")
async def show_installation(request: Request) -> Response:
    """Keys and content; both are changed at the command line, which the page says."""
    parts, reader = parts_of(request), reader_of(request)
    keys = await parts.service.keys(member_of(request))
    return await admin_sheet(
        request, "installation", (_keys(reader, keys), _content(reader, parts.content()))
    )


def _keys(reader: Reader, keys: KeyState) -> Block:
    words = reader.words
    days = 0 if keys.since is None else (reader.now - keys.since).days
    facts = [
        Fact(words.t("keys.newest"), keys.ids[0]),
        Fact(words.t("keys.age"), words.t("keys.days", n=days)),
        Fact(words.t("keys.older"), words.number(len(keys.ids) - 1)),
    ]
    if len(keys.ids) > 1:
        facts.append(Fact(words.t("keys.left"), words.number(keys.left)))
    problem = words.t("keys.old") if days >= OLD_DAYS else ""
    if not problem and len(keys.ids) > 1:
        problem = words.t("keys.unfinished" if keys.left else "keys.drop")
    return Block(
        words.t("keys.title"),
        text=words.t("keys.text"),
        problem=problem,
        news="" if problem else words.t("keys.good"),
        facts=tuple(facts),
    )


def _content(reader: Reader, state: ContentState) -> Block:
    words = reader.words
    since = words.moment(state.since, reader.now)
    rows = tuple(
        (Cell(f"{item.file}:{item.line}" if item.line else item.file), Cell(item.message))
        for item in state.problems
    )
    key = "system.content_learning" if state.learning else "system.content_since"
    return Block(
        words.t("system.content"),
        text=words.t("content.text"),
        problem=words.t("system.content_refused") if state.problems else "",
        news="" if state.problems else words.t(key, time=since),
        table=Table(heads(words, "content", "place", "what"), rows),
    )
