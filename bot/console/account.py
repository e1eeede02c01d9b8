"""One's own account: where one is signed in, recovery codes, password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.clocks import moment_of
from bot.console.desk import waiting_of
from bot.console.entry import codes_page, gone
from bot.console.pages import AccountPage, Mark, SessionRow
from bot.console.visit import member_of, parts_of, reader_of, visitor_of
from bot.core.access import Permission
from bot.errors import SignInRefused, TooManyTries

router = APIRouter()

DONE = frozenset({"ended"})
PROBLEMS = frozenset({"code", "password", "short"})


@router.get("/account")
async def show_account(request: Request) -> Response:
    """Sessions, codes and password of whoever asks."""
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    words = reader.words
    seq = await parts.service.latest_change()
    set_up, left = await parts.accounts.second_factor.state(member)
    sessions = await parts.accounts.sessions(member, visitor_of(request).session)
    page = AccountPage(
        shell=reader.shell(words.t("account.title")),
        frame=reader.frame(member, "account", seq, await waiting_of(request), _notice(request)),
        login=member.login,
        role=words.t(f"staff_role.{member.role}"),
        sessions=tuple(
            SessionRow(
                id=one.id,
                begun=moment_of(words, one.created_at, reader.now),
                used=moment_of(words, one.seen_at, reader.now),
                this=one.this,
            )
            for one in sessions
        ),
        set_up=set_up,
        codes_left=words.t("account.codes_left", n=left) if set_up else "",
        exports=member.may(Permission.EXPORT_APPROVE),
    )
    return parts.renderer.page(page)


def _notice(request: Request) -> Mark | None:
    words = visitor_of(request).words
    done, problem = request.query_params.get("done", ""), request.query_params.get("problem", "")
    if done in DONE:
        return Mark("sent", words.t(f"account.{done}"))
    return Mark("warning", words.t(f"account.wrong_{problem}")) if problem in PROBLEMS else None


@router.post("/account/sessions/{session_id}/end")
async def end_session(request: Request, session_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """End one of one's own sessions."""
    await parts_of(request).accounts.end_session(member_of(request), session_id)
    return RedirectResponse("/account?done=ended", 303)


@router.post("/account/sessions/end")
async def end_all(request: Request) -> Response:
    """Sign out everywhere, here too."""
    await parts_of(request).accounts.sign_out_everywhere(member_of(request))
    return gone(request)


@router.post("/account/codes")
async def new_codes(request: Request) -> Response:
    """New recovery codes, for a code."""
    parts, code = parts_of(request), visitor_of(request).form.get("code", "")
    try:
        codes = await parts.accounts.second_factor.renew_codes(member_of(request), code)
    except (SignInRefused, TooManyTries):
        return RedirectResponse("/account?problem=code", 303)
    return codes_page(request, codes, "/account")


@router.post("/account/password")
async def new_password(request: Request) -> Response:
    """Another password, proven by the old one; all sessions end."""
    parts, form = parts_of(request), visitor_of(request).form
    address = request.client.host if request.client else ""
    try:
        await parts.accounts.set_own_password(
            member_of(request), form.get("old", ""), form.get("new", ""), address
        )
    except (SignInRefused, TooManyTries):
        return RedirectResponse("/account?problem=password", 303)
    except ValueError:
        return RedirectResponse("/account?problem=short", 303)
    return gone(request)
