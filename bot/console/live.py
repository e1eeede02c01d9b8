"""The stream from which pages stay live: numbered changes, and a beat by which a page knows its lag.

A beat carries the number of the last change, so that a page which missed one notices.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.console.clocks import iso
from bot.console.present import PRIORITY_KINDS
from bot.console.visit import Parts, parts_of, visitor_of
from bot.errors import StoreError
from bot.helpline.service import ELSEWHERE, Change

router = APIRouter()

LOOK_SECONDS = 1.0
"""Another process's change is seen after this long at most; one's own at once."""

LOOKS_A_BEAT = 5
BEATS_A_CHECK = 6
"""How often a running stream asks whether its session still holds: every half minute."""


@router.get("/events")
async def events(request: Request, after: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> Response:
    """Server-sent events from change ``after`` on; a browser that comes back says where it was."""
    last = request.headers.get("last-event-id", "")
    start = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else after
    state = request.app.state
    lines = stream(parts_of(request), visitor_of(request).session, start, lambda: state.closing)
    return StreamingResponse(lines, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def stream(
    parts: Parts, session: str, seq: int, closing: Callable[[], bool] = lambda: False
) -> AsyncIterator[str]:
    """Changes as they come; ends, and says so, when the session does, and with the server."""
    yield "retry: 1000\n\n"
    looks, told, member = 0, seq, None
    while not closing():
        try:
            if looks % (LOOKS_A_BEAT * BEATS_A_CHECK) == 0:
                member = await parts.accounts.session(session, touch=False)
            if member is None:
                yield message("signed_out", {})
                return
            changes = await parts.service.changes_since(member, seq)
        except StoreError:
            changes = []  # the page sees that no beat comes
        else:
            for change in changes:
                seq = change.seq
                if change.what != ELSEWHERE:
                    told = seq
                    yield message("change", _content(change), seq)
            if looks % LOOKS_A_BEAT == 0:
                yield message("beat", {"now": iso(parts.clock.now()), "seq": told})
        looks += 1
        await parts.service.wait_for_change(LOOK_SECONDS)


def _content(change: Change) -> dict[str, str]:
    priority = PRIORITY_KINDS[change.priority] if change.priority is not None else ""
    return {"what": change.what, "reference": change.reference, "priority": priority}


def message(event: str, data: Mapping[str, str | int], number: int | None = None) -> str:
    """One event as the stream carries it."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data)}\n\n"
