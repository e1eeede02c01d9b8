"""Puts the API together: its own application below /api/v1, with its own errors and its own document."""

from __future__ import annotations

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.console.api.gate import ApiParts, Rates, TooOften, Unknown, limiter
from bot.console.api.routes import open_router, router
from bot.console.api.shapes import AlertBody, Failure, Problem
from bot.console.visit import Stats
from bot.errors import (
    AmparoError,
    Conflict,
    NotAllowed,
    NotFound,
    Outdated,
    SecondNeeded,
    StoreUnavailable,
    Unsure,
)
from bot.helpline.service import ApiTokens, HelplineService

log = structlog.get_logger()

ABOUT = """
Everything that a helpline's own system needs: the queue, one case, taking, answering, noting and closing it,
and figures. A token acts as an account of the staff: what its role may not do, its token may not either, and
cases of other helplines are not found. Every look and every change goes into the audit trail.

Texts are plain. Times are ISO 8601 in UTC. A reply names the newest line its writer has seen (`seen`), and is
refused with `outdated` where the person has written since: read the case again.

**Webhooks.** An administrator of a helpline names addresses that are told what happens to its cases: a POST
of JSON with the event's name, the case's reference, its state, priority and due time, never with words of
the person; see “Webhooks” below. They follow [Standard Webhooks](https://www.standardwebhooks.com), for
which there are libraries in most languages: `webhook-id` names the alert and is the same at each try,
`webhook-timestamp` is in seconds since 1970, and `webhook-signature` holds `v1,` and the base64 of an
HMAC-SHA-256 over `<id>.<timestamp>.<body>`. Its key is what stands in base64 behind `whsec_` in the secret that
the administrator sees. Compare in constant time, refuse what is older than five minutes, and keep the ids
you have seen: the same alert may come twice, and later ones may overtake earlier ones.

Answer with any 2xx within ten seconds; redirects are not followed. Anything else is tried again after 10
seconds, 1 minute, 5 and 30 minutes, 2 and 6 hours, and then given up, as is everything after a day.
"""


def create_api(
    service: HelplineService, tokens: ApiTokens, stats: Stats, rates: Rates | None = None
) -> FastAPI:
    """The API over the service, to be mounted at /api/v1."""
    api = FastAPI(
        title="Amparo helpline API",
        version="1",
        description=ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        exception_handlers=_HANDLERS,  # type: ignore[arg-type]  # narrower than Starlette's own type says
    )
    api.state.parts = ApiParts(service, tokens, stats, limiter(), rates or Rates())
    api.webhooks.post("alert", responses={"2XX": {"description": "Understood."}})(alert)
    api.include_router(open_router)
    api.include_router(router)
    return api


def alert(body: AlertBody) -> None:
    """Something happened to a case of your helpline. Sent to you; signed."""


def _failure(status: int, code: str, message: str, **headers: str) -> Response:
    problem = Failure(error=Problem(code=code, message=message))
    return JSONResponse(problem.model_dump(), status, headers)


async def _on_amparo(request: Request, error: Exception) -> Response:
    match error:
        case NotFound():
            return _failure(404, "not_found", "There is no such case.")
        case NotAllowed():
            return _failure(403, "not_allowed", "The token's scope or the account's role does not allow it.")
        case Outdated():
            return _failure(409, "outdated", "The person wrote something new: read the case again.")
        case Unsure():
            return _failure(409, "unsure", "The person was silent for long: ask first, then say `sure`.")
        case SecondNeeded():
            return _failure(409, "second", "A second person must see an emergency before it is closed.")
        case Conflict():
            return _failure(409, "conflict", "The case is not yours, or somebody changed it first.")
        case StoreUnavailable():
            return _failure(503, "away", "The database is away; nothing was changed.", **{"retry-after": "5"})
    log.error("api_failed", error=type(error).__name__)
    return _failure(500, "failed", "Something went wrong on the server.")


async def _on_value(request: Request, error: Exception) -> Response:
    """What the service does not accept; the error's own words stay here, lest they repeat what came."""
    return _failure(
        422, "unacceptable", "Not acceptable: a text is empty or too long, or a value is malformed."
    )


async def _on_validation(request: Request, error: Exception) -> Response:
    """What the document does not allow: the places are named, what came is not repeated."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return _failure(400, "no_json", "The body is no JSON.")
    places = {".".join(str(step) for step in item["loc"][:2]) for item in found if len(item["loc"]) > 1}
    known = ", ".join(sorted(place for place in places if place.replace(".", "").isidentifier()))
    return _failure(422, "unacceptable", f"Not acceptable: {known or 'the body'}.")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    names = {404: ("not_found", "There is no such call."), 405: ("method", "This call has other methods.")}
    code, message = names.get(error.status_code, ("bad_request", "The call cannot be understood."))
    return _failure(error.status_code, code, message, **dict(error.headers or {}))


async def _on_unknown(request: Request, error: Exception) -> Response:
    return _failure(401, "no_token", "A valid token is needed.", **{"www-authenticate": "Bearer"})


async def _on_too_often(request: Request, error: Exception) -> Response:
    return _failure(429, "too_often", "Too many calls; wait a minute.", **{"retry-after": "60"})


_HANDLERS = {
    AmparoError: _on_amparo,
    ValueError: _on_value,
    RequestValidationError: _on_validation,
    HTTPException: _on_http,
    Unknown: _on_unknown,
    TooOften: _on_too_often,
}
