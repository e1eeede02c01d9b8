"""Pages that say what did not work: a clear sentence, no detail of the fault, no text lost."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.console.pages import ErrorPage, KeptText, Unsent
from bot.console.visit import by_script, member_of, parts_of, reader_of, visitor_of
from bot.core.case import CaseState
from bot.errors import StoreError

_TAKEN_FROM = frozenset({"reply", "draft", "claim"})
"""Forms whose text was to become an answer to the family."""


def plain_answer(request: Request, key: str, status: int) -> Response:
    """A sentence, as a page, or as JSON for the page's script."""
    if by_script(request):
        return JSONResponse({"error": key.removeprefix("error.")}, status)
    return _page(request, key, status, None)


async def kept_page(request: Request, unsent: Unsent, *, message: str, status: int) -> Response:
    """A text that did not go where it should, and where it may go instead."""
    if not unsent.reference:  # the notes of a shift's end: each is for another case
        kept = KeptText(unsent.text, "/shift", (), again=False, as_note="", take="")
        return _page(request, message, status, kept)
    case = f"/cases/{unsent.reference}"
    free = unsent.kind in _TAKEN_FROM and await _is_free(request, unsent.reference)
    kept = KeptText(
        text=unsent.text,
        address=f"{case}/note",
        fields=(),
        again=False,
        as_note=f"{case}/note",
        take=f"{case}/claim" if free else "",
    )
    return _page(request, message, status, kept)


async def _is_free(request: Request, reference: str) -> bool:
    try:
        found = await parts_of(request).service.case(member_of(request), reference)
    except StoreError:
        return False
    return found.row.state is CaseState.NEW


def again_page(request: Request, unsent: Unsent, *, message: str, status: int) -> Response:
    """The same form once more; its token is the same, so that it cannot act twice."""
    form = visitor_of(request).form
    fields = tuple((name, value) for name, value in form.items() if name not in ("text", "csrf"))
    kept = KeptText(unsent.text, request.url.path, fields, again=True, as_note="", take="")
    return _page(request, message, status, kept)


def _page(request: Request, key: str, status: int, kept: KeptText | None) -> Response:
    words = visitor_of(request).words
    path = request.url.path.split("/")
    in_case = len(path) > 3 and path[1] == "cases" and status != 404
    page = ErrorPage(
        shell=reader_of(request).shell(words.t("error.title")),
        message=words.t(key),
        kept=kept,
        to_case=f"/cases/{path[2]}" if in_case else "",
        to_queue="/queue",
    )
    return parts_of(request).renderer.page(page, status)
