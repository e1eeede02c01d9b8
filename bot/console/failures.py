"""From errors to answers. What is not named here is caught by the gate, without any detail."""

from __future__ import annotations

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.answers import again_page, kept_page, plain_answer
from bot.console.door import BadForm, Refused, SignedOut
from bot.console.entry import signed_out
from bot.console.visit import by_script, member_of, unsent_of
from bot.errors import AmparoError, Conflict, NotAllowed, NotFound, StoreUnavailable

log = structlog.get_logger()


async def on_signed_out(request: Request, error: Exception) -> Response:
    """No session."""
    return signed_out(request)


async def on_refused(request: Request, error: Exception) -> Response:
    """Not from one of our pages."""
    log.warning("console_form_refused", path=_route(request))
    return plain_answer(request, "error.forbidden", 403)


async def on_bad_form(request: Request, error: Exception) -> Response:
    """Malformed; the answer never repeats what was sent."""
    return plain_answer(request, "error.bad_request", 400)


async def on_http(request: Request, error: Exception) -> Response:
    """No such page, or a method it does not have."""
    assert isinstance(error, HTTPException)
    key = "error.not_found" if error.status_code in (404, 405) else "error.bad_request"
    return plain_answer(request, key, error.status_code)


async def on_amparo(request: Request, error: Exception) -> Response:
    """Ours: not found, somebody was faster, or the database is away."""
    if isinstance(error, NotFound):
        return plain_answer(request, "error.not_found", 404)
    if isinstance(error, NotAllowed):
        log.warning("console_not_allowed", path=_route(request), staff=member_of(request).id)
        return plain_answer(request, "error.not_allowed", 403)
    if isinstance(error, Conflict):
        return await _conflict(request)
    log.warning("console_store_failed", error=type(error).__name__)
    away = isinstance(error, StoreUnavailable)
    key, status = ("error.away", 503) if away else ("error.failed", 500)
    unsent = unsent_of(request)
    if unsent is not None and not by_script(request):
        return again_page(request, unsent, message=key, status=status)
    return plain_answer(request, key, status)


async def _conflict(request: Request) -> Response:
    """Somebody changed it first: without a text, show how it stands; with one, give the text back."""
    if by_script(request):
        return plain_answer(request, "error.conflict", 409)
    unsent = unsent_of(request)
    if unsent is not None:
        return await kept_page(request, unsent, message="error.not_yours", status=409)
    path = request.url.path.split("/")
    if len(path) > 2 and path[1] == "cases":
        return RedirectResponse(f"/cases/{path[2]}?problem=moved_on", 303)
    return plain_answer(request, "error.conflict", 409)


def _route(request: Request) -> str:
    """The path as declared, without what was filled in."""
    return str(getattr(request.scope.get("route"), "path", ""))


HANDLERS = {
    SignedOut: on_signed_out,
    Refused: on_refused,
    BadForm: on_bad_form,
    RequestValidationError: on_bad_form,
    HTTPException: on_http,
    AmparoError: on_amparo,
}
