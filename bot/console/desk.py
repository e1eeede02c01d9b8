"""The queue and the cases: pages, and forms that act and lead back to a page."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.console.answers import kept_page
from bot.console.casework import Around, case_work
from bot.console.door import BadForm
from bot.console.pages import Mark
from bot.console.pages import QueuePage as QueueSheet
from bot.console.present import VIEWS, CaseExtras, Reader, case_page, list_of
from bot.console.sections import start_of
from bot.console.visit import (
    by_script,
    member_of,
    new_token,
    parts_of,
    reader_of,
    unsent_of,
    visitor_of,
)
from bot.console.workpages import CaseWork
from bot.core.access import Permission
from bot.core.case import CaseDetail, CaseState
from bot.errors import Outdated, Unsure
from bot.helpline.service import LONGEST_REPLY, QueuePage, View

router = APIRouter()

ROWS = 50
"""Cases on a page of the list."""

DONE = frozenset(
    {
        *("taken", "replied", "noted", "draft", "released", "closed", "kept", "nothing", "retried"),
        *("offered", "accepted", "refused", "taken_over", "help_asked", "second", "merged", "parted"),
        *("passed_on", "inserted", "saved", "handed", "tested", "judged", "hard", "asked", "nothing_for_me"),
    }
)
PROBLEMS = {
    "moved_on": "done.moved_on",
    "outcome": "error.no_outcome",
    "no_note": "error.text_empty",
    "no_colleague": "error.no_colleague",
    "record": "error.record",
    "second": "error.second",
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@router.get("/")
async def start(request: Request) -> Response:
    """Where work begins."""
    return RedirectResponse(start_of(member_of(request)), 303)


async def waiting_of(request: Request) -> QueuePage:
    """The first page of the open cases; empty for a role that does not see the queue."""
    member = member_of(request)
    if not member.may(Permission.QUEUE_SEE):
        return QueuePage((), {}, 0, None)
    return await parts_of(request).service.queue(member, limit=ROWS)


@router.get("/queue")
async def show_queue(request: Request, view: str = "open", after: str = "", chosen: str = "") -> Response:
    """A page of the queue."""
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    seq = await parts.service.latest_change()  # first, so that nothing falls between it and the page
    waiting = await waiting_of(request)
    shown = await beside(request, view, waiting, after)
    page = QueueSheet(
        shell=reader.shell(reader.words.t(f"nav.{'mine' if view == 'mine' else 'queue'}")),
        frame=reader.frame(member, "mine" if view == "mine" else "queue", seq, waiting, notice(request)),
        list=list_of(reader, member, shown, view=view, after=after, chosen=chosen),
        token=new_token(),
    )
    return parts.renderer.page(page)


async def beside(request: Request, view: str, waiting: QueuePage, after: str = "") -> QueuePage:
    """The page of a view; the open cases are at hand already. Raises `BadForm` for no such page."""
    if view == "open" and not after:
        return waiting
    try:
        return await parts_of(request).service.queue(
            member_of(request), view=_view(view), limit=ROWS, after=after or None
        )
    except ValueError as error:
        raise BadForm from error


def _view(name: str) -> View:
    match name:
        case "open" | "mine" | "overdue" | "closed":
            return name
        case _:
            raise BadForm


def notice(request: Request) -> Mark | None:
    """What the last form did, named in the address by a known word."""
    words, name = visitor_of(request).words, request.query_params.get("done", "")
    if name in DONE:
        return Mark("sent", words.t(f"done.{name}"))
    key = PROBLEMS.get(request.query_params.get("problem", ""))
    return None if key is None else Mark("warning", words.t(key))


@router.get("/cases/{reference}")
async def show_case(request: Request, reference: str, view: str = "open", pane: str = "") -> Response:
    """A case; the service writes the look down."""
    if view not in VIEWS:
        raise BadForm
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    seq = await parts.service.latest_change()
    waiting = await waiting_of(request)
    shown = await beside(request, view, waiting)
    detail = await parts.service.case(member, reference)
    page = case_page(
        reader,
        reader.frame(member, "mine" if detail.mine else "queue", seq, waiting, notice(request)),
        detail,
        list_of(reader, member, shown, view=view, chosen=detail.row.reference),
        CaseExtras(
            pane="details" if pane == "details" else "conversation",
            problem=_draft_problem(request, reader, detail.draft),
            token=new_token(),
            next_token=new_token(),
            work=await _work(request, reader, detail),
        ),
    )
    return parts.renderer.page(page)


async def _work(request: Request, reader: Reader, detail: CaseDetail) -> CaseWork:
    """What belongs to the case beside its talk, as far as the reader may do something with it."""
    parts, member = parts_of(request), member_of(request)
    if detail.row.state is CaseState.CLOSED or not member.may(Permission.CASE_WORK):
        return case_work(reader.words, member, detail, Around(), reader.now)
    lead = member.may(Permission.CASE_ASSIGN)
    around = Around(
        colleagues=await parts.service.colleagues(member) if detail.mine or lead else (),
        helplines=await parts.service.helplines(member) if lead else (),
        material=await parts.service.material(member, detail.row) if detail.mine else (),
    )
    return case_work(reader.words, member, detail, around, reader.now)


def _draft_problem(request: Request, reader: Reader, draft: str) -> str:
    match request.query_params.get("problem", ""):
        case "newer":
            return reader.words.t("done.newer")
        case "unsure":
            return reader.words.t("error.unsure")
        case "length":
            return reader.words.t("error.text_length", n=units(draft), limit=LONGEST_REPLY)
        case "empty":
            return reader.words.t("error.text_empty")
        case _:
            return ""


def units(text: str) -> int:
    """The length of a text as Telegram counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@router.post("/queue/next")
async def take_next(request: Request) -> Response:
    """Take the most pressing case; pressed twice, it is still one."""
    parts, member = parts_of(request), member_of(request)
    reference = await parts.once.run(member, form_token(request), lambda: parts.service.take_next(member))
    if reference is not None:
        return back_to_case(reference, "done=taken")
    waits = any(row.state is CaseState.NEW for row in (await waiting_of(request)).rows)
    return _to("/queue", "done=nothing_for_me" if waits else "done=nothing")


@router.post("/cases/{reference}/claim")
async def claim(request: Request, reference: str) -> Response:
    """Take this case; a text that comes along becomes its draft."""
    parts, member, text = parts_of(request), member_of(request), text_of(request)
    await parts.service.claim(member, reference)
    if text.strip():
        await _keep(request, reference, text)
        return back_to_case(reference, "done=kept")
    return back_to_case(reference, "done=taken")


@router.post("/cases/{reference}/reply")
async def reply(request: Request, reference: str) -> Response:
    """Send to the family. Whatever stands against it, the text is kept."""
    parts, member, text = parts_of(request), member_of(request), text_of(request)
    seen, token = _number(request, "seen"), form_token(request)
    try:
        sure = visitor_of(request).form.get("sure") == "1"
        await parts.service.reply(member, reference, text, seen=seen, token=token, sure=sure)
    except Outdated:
        return await _keep(request, reference, text) or back_to_case(reference, "problem=newer")
    except Unsure:
        return await _keep(request, reference, text) or back_to_case(reference, "problem=unsure")
    except ValueError:
        problem = "problem=length" if text.strip() else "problem=empty"
        return await _keep(request, reference, text) or back_to_case(reference, problem)
    return back_to_case(reference, "done=replied")


@router.post("/cases/{reference}/draft")
async def draft(request: Request, reference: str) -> Response:
    """Keep the answer unsent."""
    refused = await _keep(request, reference, text_of(request))
    if refused is not None:
        return refused
    if by_script(request):
        reader = reader_of(request)
        return JSONResponse(
            {"saved": reader.words.t("reply.draft_saved", time=reader.words.clock(reader.now))}
        )
    return back_to_case(reference, "done=draft")


@router.post("/cases/{reference}/heartbeat")
async def heartbeat(request: Request, reference: str) -> Response:
    """The holder is at work: the lease runs on."""
    until = await parts_of(request).service.heartbeat(member_of(request), reference)
    return JSONResponse({"until": until.isoformat()})


@router.post("/presence")
async def presence(request: Request) -> Response:
    """Somebody sits before the page; the door has noted it."""
    return Response(status_code=204)


@router.post("/cases/{reference}/note")
async def note(request: Request, reference: str) -> Response:
    """Keep a note for staff."""
    parts, member, text = parts_of(request), member_of(request), text_of(request)
    token = form_token(request, required=False)
    if not text.strip():
        return back_to_case(reference, "problem=no_note&pane=details")
    try:
        await parts.once.run(member, token, lambda: parts.service.note(member, reference, text))
    except ValueError:
        return await too_long(request)
    return back_to_case(reference, "done=noted")


async def _keep(request: Request, reference: str, text: str) -> Response | None:
    """Put a text into the draft; an answer only where even a draft is too long."""
    try:
        await parts_of(request).service.save_draft(member_of(request), reference, text)
    except ValueError:
        return await too_long(request)
    return None


async def too_long(request: Request) -> Response:
    """A page that gives the text back. Raises `BadForm` where there is none."""
    unsent = unsent_of(request)
    if unsent is None or by_script(request):
        raise BadForm
    return await kept_page(request, unsent, message="error.too_large", status=413)


def text_of(request: Request) -> str:
    """The text of the form."""
    return visitor_of(request).form.get("text", "")


def _number(request: Request, name: str) -> int:
    value = visitor_of(request).form.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise BadForm
    return int(value)


def form_token(request: Request, *, required: bool = True) -> str:
    """The form's own token; a text that was given back comes without one and gets its own."""
    token = visitor_of(request).form.get("token", "")
    if not token and not required:
        return new_token()
    if not _TOKEN.fullmatch(token):
        raise BadForm
    return token


def back_to_case(reference: str, query: str) -> Response:
    """To the case, with a word on what was done or is missing."""
    return _to(f"/cases/{reference}", query + "#latest" if "pane" not in query else query)


def _to(path: str, query: str) -> Response:
    return RedirectResponse(f"{path}?{query}", 303)


def back_to_queue(query: str) -> Response:
    """To the queue, with a word on what was done."""
    return _to("/queue", query)
