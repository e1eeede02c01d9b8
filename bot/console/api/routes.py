"""The calls. Each is one transaction of the service, as the console's own forms are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.console.api.gate import Behind, Counts, Reads, Writes
from bot.console.api.shapes import (
    CaseList,
    CaseRow,
    CaseWhole,
    CloseIn,
    Failure,
    Health,
    Made,
    NoteIn,
    PriorityIn,
    ReleaseIn,
    ReplyIn,
    Statistics,
    Taken,
    priority_name,
)
from bot.console.metrics import exposition
from bot.core.helplines import DEFAULT
from bot.core.taxonomy import Priority
from bot.errors import NotAllowed, StoreError

_FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The body is no JSON."},
    401: {"model": Failure, "description": "No token, or one that does not hold."},
    403: {"model": Failure, "description": "The token's scope or the account's role does not allow it."},
    404: {"model": Failure, "description": "There is no such case, or it is not of your helpline."},
    409: {
        "model": Failure,
        "description": "Somebody was faster, the case is not yours, or the person wrote.",
    },
    413: {"description": "The body is longer than 512 kB."},
    422: {"model": Failure, "description": "A value is not acceptable; the message names it."},
    429: {"model": Failure, "description": "Too many calls; `Retry-After` says when to come again."},
    503: {"model": Failure, "description": "The database is away; nothing was changed."},
}
router = APIRouter(responses=_FAILURES)
open_router = APIRouter()

Reference = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,16}$", examples=["K7MB-4QX2"])]


@open_router.get("/health", responses={503: {"model": Health}})
async def health(parts: Behind) -> Response:
    """200 while the database answers, 503 while it is away. Needs no token."""
    try:
        await parts.service.latest_change()
    except StoreError:
        return JSONResponse(Health(status="away").model_dump(), 503)
    return JSONResponse(Health(status="ok").model_dump())


@router.get("/cases")
async def list_cases(
    parts: Behind,
    caller: Reads,
    view: Literal["open", "mine", "closed"] = "open",
    after: Annotated[str | None, Query(max_length=64, pattern=r"^-?\d+\.-?\d+\.\d+$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CaseList:
    """Cases of your helpline: the gravest first, then the one due first; closed ones newest first."""
    page = await parts.service.queue(caller.member, view=view, limit=limit, after=after)
    return CaseList(
        cases=[CaseRow.of(row) for row in page.rows],
        open={priority_name(priority): page.counts.get(priority, 0) for priority in Priority},
        next=page.after,
    )


@router.get("/cases/{reference}")
async def read_case(parts: Behind, caller: Reads, reference: Reference) -> CaseWhole:
    """A case with its timeline. The look is written into the audit trail."""
    return CaseWhole.of(await parts.service.case(caller.member, reference))


@router.post("/cases/next")
async def take_next(parts: Behind, caller: Writes) -> Taken:
    """Take the gravest case that nobody has."""
    return Taken(reference=await parts.service.take_next(caller.member))


@router.post("/cases/{reference}/claim")
async def claim(parts: Behind, caller: Writes, reference: Reference) -> Taken:
    """Take a case for fifteen minutes; taking one's own again renews the time."""
    await parts.service.claim(caller.member, reference)
    return Taken(reference=reference.upper())


@router.post("/cases/{reference}/release")
async def release(parts: Behind, caller: Writes, reference: Reference, body: ReleaseIn) -> Taken:
    """Give a case back to the queue, with a word for whoever takes it next."""
    await parts.service.release(caller.member, reference, body.note)
    return Taken(reference=None)


@router.post("/cases/{reference}/priority")
async def judge(parts: Behind, caller: Writes, reference: Reference, body: PriorityIn) -> Taken:
    """Set the priority that somebody who has read the case gives it."""
    await parts.service.judge(caller.member, reference, Priority[body.priority.upper()], body.note)
    return Taken(reference=reference.upper())


@router.post("/cases/{reference}/notes", status_code=201)
async def note(parts: Behind, caller: Writes, reference: Reference, body: NoteIn) -> Made:
    """Keep a note that only staff see."""
    return Made(line=await parts.service.note(caller.member, reference, body.text))


@router.post("/cases/{reference}/replies", status_code=201)
async def reply(parts: Behind, caller: Writes, reference: Reference, body: ReplyIn) -> Made:
    """Send a text to the person, signed with the account's shown name."""
    line = await parts.service.reply(
        caller.member, reference, body.text, seen=body.seen, token=body.token, sure=body.sure
    )
    return Made(line=line)


@router.post("/cases/{reference}/close")
async def close(parts: Behind, caller: Writes, reference: Reference, body: CloseIn) -> Taken:
    """End a case."""
    await parts.service.close(caller.member, reference, body.closing())
    return Taken(reference=None)


@router.get("/statistics")
async def statistics(parts: Behind, caller: Counts) -> Statistics:
    """Figures of your helpline."""
    return Statistics.of(await parts.service.figures(caller.member))


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(parts: Behind, caller: Counts) -> Response:
    """Numbers of the whole installation for Prometheus; for accounts of the default helpline, which runs it."""
    if caller.member.helpline != DEFAULT:
        raise NotAllowed
    return Response(exposition(await parts.stats.numbers()), media_type=CONTENT_TYPE_LATEST)
