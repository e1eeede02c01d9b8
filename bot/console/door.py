"""Before every route: whose session it is, whether the form is ours, whether the role allows it."""

from __future__ import annotations

from dataclasses import replace

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request

from bot.console.guard import form_token_fits, from_our_page
from bot.console.permits import ROUTES
from bot.console.visit import (
    Visitor,
    parts_of,
    stranger,
)
from bot.core.access import Permission
from bot.errors import NotAllowed
from bot.helpline.service import StaffMember

log = structlog.get_logger()
YEAR = 365 * 24 * 3600
_MOST_FIELDS = 100


class SignedOut(Exception):
    """There is no session, or no longer."""


class Refused(Exception):
    """A form that no page of ours made for this browser."""


class BadForm(Exception):
    """A form that no page of ours can have sent."""


async def door(request: Request) -> None:
    """Runs before every route. Raises `Refused`, `BadForm`, `SignedOut` or `NotAllowed`."""
    parts = parts_of(request)
    changing = request.method not in ("GET", "HEAD")
    visitor = request.state.visitor = stranger(request)
    if changing:
        if not from_our_page(parts.site, request.headers, request.url.scheme):
            raise Refused
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        visitor = request.state.visitor = replace(visitor, form=_fields(form))
    if request.url.path != "/healthz":
        visitor = request.state.visitor = replace(visitor, member=await _member(request, visitor))
    permission = ROUTES.get(route_of(request), _CLOSED)
    if visitor.member is None and permission is not None:
        raise SignedOut
    if changing and not _made_here(visitor):
        raise Refused
    if permission is not None and not _may(visitor.member, permission):
        raise NotAllowed


_CLOSED = "closed"
"""What a route asks for that is in no table: nobody has it."""


def route_of(request: Request) -> str:
    """Method and path of a route as declared, as `ROUTES` names it."""
    method = "GET" if request.method == "HEAD" else request.method
    return f"{method} {getattr(request.scope.get('route'), 'path', '')}"


def _may(member: StaffMember | None, permission: str) -> bool:
    return member is not None and permission in set(Permission) and member.may(Permission(permission))


def _fields(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _member(request: Request, visitor: Visitor) -> StaffMember | None:
    """Whose session it is. What a page fetches by itself is no sign that somebody sits before it."""
    if not visitor.session or len(visitor.session) > 200:
        return None
    by_itself = request.method == "GET" and "x-live" in request.headers
    return await parts_of(request).accounts.session(visitor.session, touch=not by_itself)


def _made_here(visitor: Visitor) -> bool:
    """Whether the form carries the token of this session, or of this browser from before it."""
    token = visitor.form.get("csrf", "")
    return form_token_fits(visitor.session, token) or form_token_fits(visitor.browser, token)
