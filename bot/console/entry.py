"""Coming in and going out: name and password, then a one-time code; setting codes up the first time.

A text that was being sent when a session ended goes round through these pages and comes back after them.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import urlencode

import segno
import structlog
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.answers import kept_page
from bot.console.door import BadForm, SignedOut
from bot.console.guard import Site, form_token
from bot.console.pages import CodePage, CodesPage, EnrolPage, SignInPage, Unsent
from bot.console.visit import (
    KINDS,
    LANGUAGE_COOKIE,
    browser_cookie,
    by_script,
    here,
    local_path,
    parts_of,
    reader_of,
    session_cookie,
    unsent_of,
    visitor_of,
)
from bot.errors import Conflict, NotFound, SignInRefused, TooManyTries
from bot.helpline.service import Enrolment, Passed, StaffMember

log = structlog.get_logger()
router = APIRouter()

YEAR = 365 * 24 * 3600


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
        waived=visitor.words.t("sign_in.waived") if parts.accounts.codes_waived else "",
        provider=parts.provider.settings.name if parts.provider else "",
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
    done = {"ended": "sign_in.ended", "left": "sign_in.left"}
    failed = {"provider": "sign_in.provider_failed"}
    return sign_in_page(
        request,
        goal=local_path(request.query_params.get("next", ""), "/"),
        info=done.get(request.query_params.get("done", ""), ""),
        problem=failed.get(request.query_params.get("problem", ""), ""),
    )


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Name and password: a whole session, or one that still wants a code."""
    parts, form = parts_of(request), visitor_of(request).form
    login, goal, kept = form.get("login", "")[:80], _goal(request), _kept(request)
    address = request.client.host if request.client else ""
    try:
        opened = await parts.accounts.sign_in(login, form.get("password", ""), address)
    except (SignInRefused, TooManyTries) as error:
        log.info("console_sign_in_refused", reason=type(error).__name__)
        return sign_in_page(request, status=403, login=login, goal=goal, problem="sign_in.wrong", kept=kept)
    if opened.stage == "full":
        return await _enter(request, Passed(opened.token, opened.member), goal, kept)
    return await half_way(request, opened.token, opened.stage, goal, kept)


async def half_way(request: Request, token: str, stage: str, goal: str, kept: Unsent | None) -> Response:
    """The next page of a sign-in that is half done; a kept text cannot go round through a redirect."""
    parts = parts_of(request)
    request.state.visitor = replace(visitor_of(request), session=token)
    if kept is None:
        query = "" if goal == "/" else "?" + urlencode({"next": goal})
        response: Response = RedirectResponse(f"/sign-in/{stage}{query}", 303)
    elif stage == "code":
        response = code_page(request, goal, kept)
    else:
        response = await enrol_page(request, goal, kept)
    set_session(response, parts.site, token)
    return response


def code_page(
    request: Request, goal: str, kept: Unsent | None = None, *, problem: str = "", status: int = 200
) -> Response:
    """Asks for a code."""
    visitor = visitor_of(request)
    shell = reader_of(request).shell(visitor.words.t("code.title"))
    page = CodePage(
        shell=replace(shell, csrf=form_token(visitor.session), here="/sign-in/code"),
        next=goal,
        problem=visitor.words.t(problem) if problem else "",
        kept=kept,
    )
    return parts_of(request).renderer.page(page, status)


@router.get("/sign-in/code")
async def show_code(request: Request) -> Response:
    """The second half of a sign-in."""
    await _half(request, "code")
    return code_page(request, local_path(request.query_params.get("next", ""), "/"))


@router.post("/sign-in/code")
async def give_code(request: Request) -> Response:
    """A code from the telephone, or a recovery code."""
    member = await _half(request, "code")
    visitor, goal, kept = visitor_of(request), _goal(request), _kept(request)
    code = visitor.form.get("code", "")
    try:
        passed = await parts_of(request).accounts.second_factor.check(member, visitor.session, code)
    except (SignInRefused, TooManyTries) as error:
        log.info("console_code_refused", reason=type(error).__name__, staff=member.id)
        return code_page(request, goal, kept, problem="code.wrong", status=403)
    return await _enter(request, passed, goal, kept)


async def enrol_page(
    request: Request, goal: str, kept: Unsent | None = None, *, problem: str = "", status: int = 200
) -> Response:
    """Shows the secret for the telephone, as a picture and to be typed. Raises `NotFound`."""
    parts, visitor = parts_of(request), visitor_of(request)
    member = await _half(request, "enrol")
    enrolment = await parts.accounts.second_factor.enrolment(member)
    shell = reader_of(request).shell(visitor.words.t("enrol.title"))
    page = EnrolPage(
        shell=replace(shell, csrf=form_token(visitor.session), here="/sign-in/enrol"),
        next=goal,
        problem=visitor.words.t(problem) if problem else "",
        kept=kept,
        picture=_picture(enrolment),
        secret=" ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)),
    )
    return parts.renderer.page(page, status)


def _picture(enrolment: Enrolment) -> Markup:
    """The address as a QR code, drawn without styles, which the page's policy would refuse."""
    drawn: str = segno.make(enrolment.uri, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 - made here from our own secret; segno writes figures only


@router.get("/sign-in/enrol")
async def show_enrol(request: Request) -> Response:
    """Codes are set up before the first work, or from one's own account page."""
    return await enrol_page(request, local_path(request.query_params.get("next", ""), "/"))


@router.post("/sign-in/enrol")
async def enrol(request: Request) -> Response:
    """Prove by a code that the telephone has the secret; the recovery codes are shown once."""
    parts, visitor = parts_of(request), visitor_of(request)
    member, goal, kept = await _half(request, "enrol"), _goal(request), _kept(request)
    try:
        passed = await parts.accounts.second_factor.confirm(
            member, visitor.session, visitor.form.get("code", "")
        )
    except (SignInRefused, TooManyTries):
        return await enrol_page(request, goal, kept, problem="code.wrong", status=403)
    request.state.visitor = replace(visitor, member=member, session=passed.token)
    saved = kept is not None and await _saved(request, member, kept)
    if saved and kept is not None:
        goal, kept = f"/cases/{kept.reference}?done=kept", None
    response = codes_page(request, passed.codes, goal, kept.text if kept else "")
    set_session(response, parts.site, passed.token)
    return response


def codes_page(request: Request, codes: tuple[str, ...], goal: str, text: str = "") -> Response:
    """New recovery codes, if any, and a text that found no case to go to; then the way on."""
    visitor = visitor_of(request)
    shell = reader_of(request).shell(visitor.words.t("codes.title" if codes else "codes.in"))
    return parts_of(request).renderer.page(CodesPage(replace(shell, here="/"), codes, goal, text))


async def _half(request: Request, stage: str) -> StaffMember:
    """Who is half signed in; setting up is open to whoever is signed in and has no codes yet."""
    visitor, second = visitor_of(request), parts_of(request).accounts.second_factor
    if visitor.member is not None and stage == "enrol":
        return visitor.member
    pending = await second.pending(visitor.session) if visitor.session else None
    if pending is None or pending.stage != stage:
        raise SignedOut
    return pending.member


async def _enter(request: Request, passed: Passed, goal: str, kept: Unsent | None) -> Response:
    log.info("console_signed_in", staff=passed.member.id)
    response: Response = RedirectResponse(goal, 303)
    if kept is not None:
        response = await _give_back(request, passed.member, passed.token, kept)
    set_session(response, parts_of(request).site, passed.token)
    return response


async def _give_back(request: Request, member: StaffMember, session: str, kept: Unsent) -> Response:
    """A reply goes into the draft of whoever holds the case; anything else is shown to be kept or copied."""
    request.state.visitor = replace(visitor_of(request), member=member, session=session)
    if await _saved(request, member, kept):
        return RedirectResponse(f"/cases/{kept.reference}?done=kept", 303)
    return await kept_page(request, kept, message="sign_in.given_back", status=200)


async def _saved(request: Request, member: StaffMember, kept: Unsent) -> bool:
    if kept.kind not in ("reply", "draft"):
        return False
    try:
        await parts_of(request).service.save_draft(member, kept.reference, kept.text)
    except (Conflict, NotFound, ValueError):
        return False
    return True


def _goal(request: Request) -> str:
    return local_path(visitor_of(request).form.get("next", ""), "/")


def _kept(request: Request) -> Unsent | None:
    form = visitor_of(request).form
    if not form.get("kept_text", "").strip() or form.get("kept_kind") not in KINDS:
        return None
    return Unsent(form.get("kept_case", "")[:32], form["kept_kind"], form["kept_text"])


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session, on the server too."""
    parts, visitor = parts_of(request), visitor_of(request)
    await parts.accounts.sign_out(visitor.session)
    return gone(request)


def gone(request: Request) -> Response:
    """To the sign-in page, without the session's cookie."""
    site = parts_of(request).site
    response = RedirectResponse("/sign-in?done=left", 303)
    response.delete_cookie(session_cookie(site), secure=site.secure, httponly=True, samesite="strict")
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


def set_session(response: Response, site: Site, token: str) -> None:
    """Give the browser its session."""
    _set_cookie(response, site, session_cookie(site), token)


def _set_cookie(response: Response, site: Site, name: str, value: str, age: int | None = None) -> None:
    response.set_cookie(
        name, value, max_age=age, path="/", secure=site.secure, httponly=True, samesite="strict"
    )
