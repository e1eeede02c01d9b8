"""The way in through an OpenID Connect provider, and back."""

from __future__ import annotations

import hmac
from dataclasses import replace

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.entry import code_page, codes_page, enrol_page, set_session
from bot.console.provider import Provider, Ticket
from bot.console.visit import local_path, parts_of, visitor_of
from bot.errors import NotFound, SignInRefused

log = structlog.get_logger()
router = APIRouter()

PLACE = "/sign-in/provider"
COOKIE = "amparo_provider"
AWAY_SECONDS = 600


@router.get(PLACE)
async def leave(request: Request) -> Response:
    """To the provider; what belongs to the way back stays in this browser."""
    parts, provider = parts_of(request), _provider(request)
    goal = local_path(request.query_params.get("next", ""), "/")
    try:
        address, ticket = await provider.begin()
    except SignInRefused:
        return _refused("begin")
    response = RedirectResponse(address, 303)
    value = " ".join((ticket.state, ticket.nonce, ticket.verifier, goal.replace(" ", "%20")))
    # lax: the provider's page leads back, and a strict cookie would not come along
    response.set_cookie(
        COOKIE, value, AWAY_SECONDS, path=PLACE, secure=parts.site.secure, httponly=True, samesite="lax"
    )
    return response


@router.get(f"{PLACE}/back")
async def come_back(request: Request) -> Response:
    """From the provider: a session for the account that belongs to whom it vouches for.

    The answer is a page and no redirect: the session's cookie would not go with one that began elsewhere.
    """
    parts, query = parts_of(request), request.query_params
    state, nonce, verifier, goal = (*request.cookies.get(COOKIE, "").split(" "), "", "", "", "")[:4]
    if not state or not hmac.compare_digest(state.encode(), query.get("state", "").encode()):
        return _refused("state")
    try:
        who = await _provider(request).finish(query.get("code", ""), Ticket(state, nonce, verifier))
        issuer = _provider(request).settings.issuer
        opened = await parts.accounts.sign_in_from(
            f"{issuer} {who.subject}", who.email, second_factor_done=who.second_factor
        )
    except SignInRefused:
        return _refused("finish")
    log.info("console_provider_vouched", staff=opened.member.id, stage=opened.stage)
    goal = local_path(goal, "/")
    request.state.visitor = replace(visitor_of(request), session=opened.token)
    if opened.stage == "code":
        response = code_page(request, goal)
    elif opened.stage == "enrol":
        response = await enrol_page(request, goal)
    else:
        response = codes_page(request, (), goal)
    set_session(response, parts.site, opened.token)
    response.delete_cookie(COOKIE, path=PLACE)
    return response


def _provider(request: Request) -> Provider:
    provider = parts_of(request).provider
    if provider is None:
        raise NotFound("there is no provider")
    return provider


def _refused(where: str) -> Response:
    log.warning("console_provider_refused", where=where)
    response = RedirectResponse("/sign-in?problem=provider", 303)
    response.delete_cookie(COOKIE, path=PLACE)
    return response
