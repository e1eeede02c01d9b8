"""Administration of accounts: who is on the staff, and what each account may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.console.catalogue import Catalogue
from bot.console.door import BadForm
from bot.console.page_parts import Mark
from bot.console.sheet_page import admin_sheet, heads, once_token, options, saved, wrong
from bot.console.sheets import Block, Cell, Field, FormBox, Table
from bot.console.visit import member_of, new_token, parts_of, visitor_of
from bot.core.access import Permission, Role
from bot.errors import Conflict, NotFound
from bot.helpline.service import Account, StaffMember

router = APIRouter()

ACTS = ("role", "helpline", "password", "codes", "lock", "unlock")


@router.get("/admin/staff")
async def show_staff(request: Request, login: str = "") -> Response:
    """All accounts within reach, and one of them to be changed, or the form for a new one."""
    return await _page(request, login)


async def _page(request: Request, login: str, problem: str = "", status: int = 200) -> Response:
    parts, member, words = parts_of(request), member_of(request), visitor_of(request).words
    found = await parts.accounts.accounts(member)
    listed = Block(words.t("admin.staff"), text=words.t("admin.staff_text"), table=_listed(words, found))
    lines = await _helplines(request, member)
    if not login:
        form = visitor_of(request).form
        new = Block(words.t("admin.new_account"), problem=problem, forms=(_new(words, lines, form),))
        return await admin_sheet(request, "staff", (listed, new), status=status)
    account = next((one for one in found if one.member.login == login), None)
    if account is None:
        raise NotFound
    title = f"{account.member.name} ({account.member.login})"
    own = account.member.id == member.id
    change = Block(
        title,
        text=words.t("admin.own_account" if own else "admin.account_text"),
        problem=problem,
        forms=() if own else _changes(words, account, lines),
    )
    return await admin_sheet(request, "staff", (change, listed), status=status)


async def _helplines(request: Request, member: StaffMember) -> list[tuple[str, str]]:
    """Codes and names of the helplines to which an account can belong."""
    if not member.may(Permission.HELPLINE_MANAGE):
        return [(member.helpline, member.helpline)]
    return [(one.code, one.name) for one in await parts_of(request).service.kept_helplines(member)]


def _listed(words: Catalogue, found: Sequence[Account]) -> Table:
    rows = tuple(
        (
            Cell(one.member.login, f"/admin/staff?login={one.member.login}"),
            Cell(one.member.name),
            Cell(words.t(f"staff_role.{one.member.role}")),
            Cell(one.member.helpline),
            Cell("", mark=_mark(words, one.second_factor, "admin.yes", "admin.no")),
            Cell("", mark=_mark(words, one.active, "admin.in_use", "admin.locked")),
        )
        for one in found
    )
    return Table(heads(words, "admin", "login", "name", "role", "helpline", "second_factor", "state"), rows)


def _mark(words: Catalogue, good: bool, yes: str, no: str) -> Mark:
    return Mark("sent", words.t(yes)) if good else Mark("warning", words.t(no))


def _roles(words: Catalogue) -> list[tuple[str, str]]:
    return [(role.value, words.t(f"staff_role.{role.value}")) for role in Role]


def _new(words: Catalogue, lines: list[tuple[str, str]], typed: Mapping[str, str]) -> FormBox:
    def given(name: str, usual: str = "") -> str:
        return typed.get(name, usual)[:200]

    fields = (
        Field(
            "login",
            words.t("admin.login"),
            value=given("login"),
            hint=words.t("admin.login_hint"),
            needed=True,
        ),
        Field(
            "name",
            words.t("admin.shown_name"),
            value=given("name"),
            hint=words.t("admin.shown_hint"),
            needed=True,
        ),
        Field(
            "role",
            words.t("admin.role"),
            "select",
            options=options(_roles(words), given("role", "counsellor")),
        ),
        Field("helpline", words.t("admin.helpline"), "select", options=options(lines, given("helpline"))),
        Field(
            "password",
            words.t("admin.first_password"),
            "password",
            hint=words.t("admin.password_hint"),
            needed=True,
        ),
    )
    return FormBox("/admin/staff", "post", fields, words.t("admin.add"), new_token())


def _changes(words: Catalogue, account: Account, lines: list[tuple[str, str]]) -> tuple[FormBox, ...]:
    """One form for each thing that can be changed: each ends the account's sessions by itself."""
    one = account.member
    role = Field("role", words.t("admin.role"), "select", options=options(_roles(words), one.role))
    helpline = Field("helpline", words.t("admin.helpline"), "select", options=options(lines, one.helpline))
    password = Field(
        "password",
        words.t("admin.other_password"),
        "password",
        hint=words.t("admin.password_hint"),
        needed=True,
    )
    lock = "lock" if account.active else "unlock"
    asked: list[tuple[str, tuple[Field, ...]]] = [("role", (role,))]
    if len(lines) > 1:
        asked.append(("helpline", (helpline,)))
    asked += [("password", (password,)), ("codes", ()), (lock, ())]
    return tuple(
        FormBox(
            "/admin/staff/change",
            "post",
            (Field("login", "", "hidden", one.login), Field("act", "", "hidden", act), *fields),
            words.t(f"admin.act_{act}"),
            new_token(),
            "line",
        )
        for act, fields in asked
    )


@router.post("/admin/staff")
async def add_staff(request: Request) -> Response:
    """A new account."""
    parts, member, form = parts_of(request), member_of(request), visitor_of(request).form
    words = visitor_of(request).words

    async def add() -> StaffMember:
        return await parts.accounts.add(
            form.get("login", "").strip(),
            form.get("name", ""),
            form.get("password", ""),
            form.get("role", ""),
            form.get("helpline", "")[:32],
            by=member,
        )

    try:
        made = await parts.once.run(member, once_token(request), add)
    except ValueError as error:
        problem = wrong(words, error)
    except NotFound:
        problem = wrong(words, "helpline")
    except Conflict:
        problem = wrong(words, "taken")
    else:
        return saved(f"/admin/staff?login={made.login}")
    return await _page(request, "", problem, 422)


@router.post("/admin/staff/change")
async def change_staff(request: Request) -> Response:
    """Change one thing of somebody else's account; its sessions end."""
    member, form, words = member_of(request), visitor_of(request).form, visitor_of(request).words
    act, login = form.get("act", ""), form.get("login", "")[:80]
    if act not in ACTS:
        raise BadForm
    if login.lower() == member.login:
        return await _page(request, member.login, wrong(words, "own"), 422)
    try:
        await _act(request, member, login, act)()
    except ValueError as error:
        return await _page(request, login, wrong(words, error), 422)
    return saved(f"/admin/staff?login={login}")


def _act(request: Request, member: StaffMember, login: str, act: str) -> Callable[[], Awaitable[None]]:
    accounts, form = parts_of(request).accounts, visitor_of(request).form
    acts: dict[str, Callable[[], Awaitable[None]]] = {
        "role": lambda: accounts.set_role(login, form.get("role", ""), by=member),
        "helpline": lambda: accounts.set_helpline(login, form.get("helpline", "")[:32], by=member),
        "password": lambda: accounts.set_password(login, form.get("password", ""), by=member),
        "codes": lambda: accounts.second_factor.reset(login, by=member),
        "lock": lambda: accounts.set_active(login, False, by=member),
        "unlock": lambda: accounts.set_active(login, True, by=member),
    }
    return acts[act]
