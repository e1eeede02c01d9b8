"""Exports by four eyes: the page where one asks, another decides, and whoever asked fetches once."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.clocks import moment_of
from bot.console.desk import waiting_of
from bot.console.door import BadForm
from bot.console.entry_pages import ExportRow, ExportsPage
from bot.console.page_parts import Mark
from bot.console.present import Reader
from bot.console.visit import member_of, parts_of, reader_of, visitor_of
from bot.console.workpages import Choice
from bot.core.access import Permission
from bot.errors import Conflict, NotAllowed, NotFound
from bot.helpline.service import PURPOSES, Export

router = APIRouter()
DONE = frozenset({"asked", "approved", "refused"})
PROBLEMS = frozenset({"case", "days", "own", "over"})
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/exports")
async def show_exports(request: Request) -> Response:
    """What was asked for and decided, and the forms to ask."""
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    words = reader.words
    seq = await parts.service.latest_change()
    decides = member.may(Permission.EXPORT_APPROVE)
    page = ExportsPage(
        shell=reader.shell(words.t("exports.title")),
        frame=reader.frame(member, "exports", seq, await waiting_of(request), _notice(request)),
        asks=member.may(Permission.EXPORT_ASK),
        purposes=tuple(Choice(name, words.t(f"exports.purpose_{name}")) for name in PURPOSES),
        rows=tuple(_row(reader, one, decides) for one in await parts.service.exports.all(member)),
    )
    return parts.renderer.page(page)


def _row(reader: Reader, one: Export, decides: bool) -> ExportRow:
    words, can = reader.words, ""
    if one.state == "asked" and decides and not one.mine:
        can = "decide"
    elif one.state == "approved" and one.mine:
        can = "fetch"
    what = words.t("exports.one_case", reference=one.reference)
    if one.since is not None and one.until is not None:
        since, until = (moment_of(words, at, reader.now).words for at in (one.since, one.until))
        what = words.t("exports.many_cases", since=since, until=until)
    return ExportRow(
        id=one.id,
        what=what,
        purpose=words.t(f"exports.purpose_{one.purpose}"),
        state=Mark("sent" if one.state == "fetched" else "info", words.t(f"exports.state_{one.state}")),
        asked_by=one.asked_by,
        asked=moment_of(words, one.asked_at, reader.now),
        decided_by=one.decided_by,
        can=can,
    )


def _notice(request: Request) -> Mark | None:
    words = visitor_of(request).words
    done, problem = request.query_params.get("done", ""), request.query_params.get("problem", "")
    if done in DONE:
        return Mark("sent", words.t(f"exports.done_{done}"))
    return Mark("warning", words.t(f"exports.wrong_{problem}")) if problem in PROBLEMS else None


@router.post("/exports/case")
async def ask_case(request: Request) -> Response:
    """Ask for one case with its words."""
    form = visitor_of(request).form
    try:
        await parts_of(request).service.exports.ask_case(
            member_of(request), form.get("reference", ""), form.get("purpose", "")
        )
    except NotFound:
        return _back("problem=case")
    except ValueError as error:
        raise BadForm from error
    return _back("done=asked")


@router.post("/exports/cases")
async def ask_cases(request: Request) -> Response:
    """Ask for rows of many cases, without words."""
    form = visitor_of(request).form
    try:
        since, until = date.fromisoformat(form.get("since", "")), date.fromisoformat(form.get("until", ""))
        await parts_of(request).service.exports.ask_cases(
            member_of(request), since, until, form.get("purpose", "")
        )
    except (ValueError, OverflowError):
        return _back("problem=days")
    return _back("done=asked")


@router.post("/exports/{export_id}/approve")
async def approve(request: Request, export_id: Number) -> Response:
    """Let what somebody else asked for go out."""
    return await _decide(request, export_id, True)


@router.post("/exports/{export_id}/refuse")
async def refuse(request: Request, export_id: Number) -> Response:
    """Keep it here."""
    return await _decide(request, export_id, False)


async def _decide(request: Request, export_id: int, yes: bool) -> Response:
    try:
        await parts_of(request).service.exports.decide(member_of(request), export_id, yes)
    except NotAllowed:
        return _back("problem=own")
    except Conflict:
        return _back("problem=over")
    return _back("done=approved" if yes else "done=refused")


@router.post("/exports/{export_id}/fetch")
async def fetch(request: Request, export_id: Number) -> Response:
    """The file, once; it is made now and kept nowhere."""
    try:
        file = await parts_of(request).service.exports.fetch(member_of(request), export_id)
    except NotAllowed:
        return _back("problem=own")
    except Conflict:
        return _back("problem=over")
    headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)


def _back(query: str) -> Response:
    return RedirectResponse(f"/exports?{query}", 303)
