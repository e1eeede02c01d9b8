"""Who comes in: sessions, forms, the language, and the way from a lost session back to one's text."""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.answers import kept_page
from bot.console.guard import Site, form_token, form_token_fits, from_our_page
from bot.console.pages import SignInPage, Unsent
from bot.console.permits import ROUTES
from bot.console.visit import (
    KINDS,
    LANGUAGE_COOKIE,
    Visitor,
    browser_cookie,
    by_script,
    here,
    local_path,
    parts_of,
    reader_of,
    session_cookie,
    stranger,
    unsent_of,
    visitor_of,
)
from bot.core.access import Permission
from bot.errors import Conflict, NotAllowed, NotFound, SignInRefused, TooManyTries
from bot.helpline.service import StaffMember

log = structlog.get_logger()
router = APIRouter()

YEAR = 365 * 24 * 3600
_MOST_FIELDS = 40


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


def sign_in_page(
    request: Request,
    *,
    status: int = 200,
    login: str = "",
    goal: str = "/",
    problem: str = "",
    info: str = "",
    kept: Unsent | None = None,
) -> Response:
    """The sign-in page; it gives the browser the secret to which its form is bound."""
    parts, visitor = parts_of(request), visitor_of(request)
    browser = visitor.browser or secrets.token_urlsafe(32)
    shell = reader_of(request).shell(visitor.words.t("sign_in.title"))
    page = SignInPage(
        shell=replace(shell, csrf=form_token(browser), here="/sign-in"),
        login=login,
        next=goal,
        problem=visitor.words.t(problem) if problem else "",
        info=visitor.words.t(info) if info else "",
        kept=kept,
    )
    response = parts.renderer.page(page, status)
    _set_cookie(response, parts.site, browser_cookie(parts.site), browser)
    return response


def signed_out(request: Request) -> Response:
    """The answer to somebody without a session: the way in, and nothing lost on it."""
    if by_script(request):
        return Response(status_code=401)
    if request.method == "GET":
        goal = here(request)
        return RedirectResponse("/sign-in" + ("" if goal == "/" else "?" + urlencode({"next": goal})), 303)
    kept = unsent_of(request)
    if kept is None:
        return RedirectResponse("/sign-in?done=ended", 303)
    return sign_in_page(request, status=401, info="sign_in.kept", kept=kept)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """The way in."""
    if visitor_of(request).member is not None:
        return RedirectResponse("/", 303)
    info = {"ended": "sign_in.ended", "left": "sign_in.left"}.get(request.query_params.get("done", ""), "")
    goal = local_path(request.query_params.get("next", ""), "/")
    return sign_in_page(request, goal=goal, info=info)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session; a text that was being sent when the last one ended comes back."""
    parts, form = parts_of(request), visitor_of(request).form
    login, goal = form.get("login", "")[:80], local_path(form.get("next", ""), "/")
    kept = None
    if form.get("kept_text", "").strip() and form.get("kept_kind") in KINDS:
        kept = Unsent(form.get("kept_case", "")[:32], form["kept_kind"], form["kept_text"])
    address = request.client.host if request.client else ""
    try:
        opened = await parts.accounts.sign_in(login, form.get("password", ""), address)
    except (SignInRefused, TooManyTries) as error:
        log.info("console_sign_in_refused", reason=type(error).__name__)
        return sign_in_page(request, status=403, login=login, goal=goal, problem="sign_in.wrong", kept=kept)
    log.info("console_signed_in", staff=opened.member.id)
    response: Response = RedirectResponse(goal, 303)
    if kept is not None:
        response = await _give_back(request, opened.member, opened.token, kept)
    _set_cookie(response, parts.site, session_cookie(parts.site), opened.token)
    return response


async def _give_back(request: Request, member: StaffMember, session: str, kept: Unsent) -> Response:
    """A reply goes into the draft of whoever holds the case; anything else is shown to be kept or copied."""
    request.state.visitor = replace(visitor_of(request), member=member, session=session)
    if kept.kind in ("reply", "draft"):
        try:
            await parts_of(request).service.save_draft(member, kept.reference, kept.text)
        except (Conflict, NotFound, ValueError):
            return await kept_page(request, kept, message="sign_in.given_back", status=200)
        return RedirectResponse(f"/cases/{kept.reference}?done=kept", 303)
    return await kept_page(request, kept, message="sign_in.given_back", status=200)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session, on the server too."""
    parts, visitor = parts_of(request), visitor_of(request)
    await parts.accounts.sign_out(visitor.session)
    response = RedirectResponse("/sign-in?done=left", 303)
    response.delete_cookie(
        session_cookie(parts.site), secure=parts.site.secure, httponly=True, samesite="strict"
    )
    return response


@router.post("/language")
async def switch_language(request: Request) -> Response:
    """Remember the language of the interface in this browser."""
    parts, form = parts_of(request), visitor_of(request).form
    if form.get("language") not in parts.catalogues:
        raise BadForm
    response = RedirectResponse(local_path(form.get("here", ""), "/queue"), 303)
    _set_cookie(response, parts.site, LANGUAGE_COOKIE, form["language"], YEAR)
    return response


def _set_cookie(response: Response, site: Site, name: str, value: str, age: int | None = None) -> None:
    response.set_cookie(
        name, value, max_age=age, path="/", secure=site.secure, httponly=True, samesite="strict"
    )
