"""Who may call: a bearer token (RFC 6750), its scopes, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from bot.console.visit import Stats
from bot.helpline.service import ApiTokens, Caller, HelplineService


@dataclass(frozen=True, slots=True)
class Rates:
    """How many ``calls`` of one token, and ``refusals`` of one address, a process takes in a minute."""

    calls: int = 300
    refusals: int = 30


class Unknown(Exception):
    """No token, or one that does not hold."""


class TooOften(Exception):
    """More calls in a minute than are taken."""


@dataclass(frozen=True, slots=True)
class ApiParts:
    """Everything behind the API's routes."""

    service: HelplineService
    tokens: ApiTokens
    stats: Stats
    limiter: FixedWindowRateLimiter
    rates: Rates


def limiter() -> FixedWindowRateLimiter:
    """Counts calls in memory: each process for itself."""
    return FixedWindowRateLimiter(MemoryStorage())


def parts_of(request: Request) -> ApiParts:
    """The parts of the API that a call came to."""
    parts: ApiParts = request.app.state.parts
    return parts


_BEARER = HTTPBearer(auto_error=False, description="A token made by `amparo staff token`.")


async def _caller(
    request: Request,
    wanted: SecurityScopes,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Caller:
    """Who calls. Raises `Unknown`, `TooOften`, and `NotAllowed` where a scope is missing."""
    parts = parts_of(request)
    caller = None if bearer is None else await parts.tokens.caller(bearer.credentials)
    if caller is None:
        address = request.client.host if request.client else ""
        await _count(parts, parts.rates.refusals, "refused", address)
        raise Unknown
    await _count(parts, parts.rates.calls, "token", str(caller.token_id))
    for scope in wanted.scopes:
        caller.needs(scope)
    return caller


async def _count(parts: ApiParts, most: int, *whom: str) -> None:
    if not await parts.limiter.hit(RateLimitItemPerMinute(most), *whom):
        raise TooOften


Reads = Annotated[Caller, Security(_caller, scopes=["cases:read"])]
Writes = Annotated[Caller, Security(_caller, scopes=["cases:write"])]
Counts = Annotated[Caller, Security(_caller, scopes=["statistics:read"])]
Behind = Annotated[ApiParts, Depends(parts_of)]
