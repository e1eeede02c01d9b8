"""Administration of helplines: whom they are there for, when, and how soon they must answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.console.catalogue import Catalogue
from bot.console.present import PRIORITY_KINDS
from bot.console.sheet_page import admin_sheet, heads, once_token, options, saved, wrong
from bot.console.sheets import Block, Cell, Field, FormBox, Link, Table
from bot.console.visit import member_of, new_token, parts_of, visitor_of
from bot.core.taxonomy import COUNTRIES, LANGUAGES, Priority
from bot.errors import Conflict, NotFound, WrongField
from bot.helpline.service import Helpline, HelplineForm, form_of

router = APIRouter()

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BY_RANK = tuple(sorted(Priority, reverse=True))


@router.get("/admin/helplines")
async def show_helplines(request: Request, code: str = "", new: str = "") -> Response:
    """The helplines one looks after, and the form of one of them."""
    return await _page(request, code, None, new=bool(new))


async def _page(
    request: Request,
    code: str,
    given: HelplineForm | None,
    *,
    new: bool = False,
    problem: str = "",
    status: int = 200,
) -> Response:
    service, member, words = parts_of(request).service, member_of(request), visitor_of(request).words
    found = await service.kept_helplines(member)
    line = None if new else one_of(found, code)
    may_add = any(one.is_default for one in found)
    if new and not may_add:
        raise NotFound
    form = given or (HelplineForm("") if line is None else form_of(line))
    title = words.t("admin.new_helpline") if line is None else f"{line.name} ({line.code})"
    blocks = (
        Block(words.t("admin.helplines"), text=words.t("admin.helplines_text"), table=_listed(words, found)),
        Block(title, problem=problem, forms=(_form(words, form, "" if line is None else line.code, code),)),
    )
    onward = (Link("/admin/helplines?new=1", words.t("admin.new_helpline")),) if may_add else ()
    return await admin_sheet(request, "helplines", blocks, onward=onward, status=status)


def one_of(found: Sequence[Helpline], code: str) -> Helpline:
    """The helpline of a code, the first one without. Raises `NotFound`."""
    chosen = [one for one in found if not code or one.code == code]
    if not chosen:
        raise NotFound
    return chosen[0]


def _listed(words: Catalogue, found: Sequence[Helpline]) -> Table:
    rows = tuple(
        (
            Cell(one.name, f"/admin/helplines?code={one.code}"),
            Cell(one.code),
            Cell(", ".join(map(words.country, one.countries)) or words.t("admin.everywhere")),
            Cell(", ".join(map(words.tongue, one.languages)) or words.t("admin.every_language")),
            Cell(words.t("admin.in_use" if one.active else "admin.out_of_use")),
        )
        for one in found
    )
    return Table(heads(words, "admin", "name", "code", "countries", "languages", "state"), rows)


def _form(words: Catalogue, form: HelplineForm, known: str, typed: str) -> FormBox:
    fields = [Field("known", "", "hidden", known)]
    if not known:
        fields.append(
            Field("code", words.t("admin.code"), value=typed, hint=words.t("admin.code_hint"), needed=True)
        )
    fields.append(Field("name", words.t("admin.name"), value=form.name, needed=True))
    if known != "default":
        fields += _reach(words, form)
    fields += _hours(words, form, always=known == "default")
    fields += _times(words, form)
    if known != "default":
        fields.append(Field("active", words.t("admin.in_use"), "check", "1" if form.active else ""))
    return FormBox("/admin/helplines", "post", tuple(fields), words.t("admin.save"), new_token(), "columns")


def _reach(words: Catalogue, form: HelplineForm) -> list[Field]:
    countries = dict.fromkeys((*COUNTRIES, *form.countries))
    languages = dict.fromkeys((*LANGUAGES, *form.languages))
    by_name = sorted(((code, words.country(code)) for code in countries), key=lambda pair: pair[1])
    spoken = [(code, words.tongue(code)) for code in languages]
    return [
        Field(
            "countries",
            words.t("admin.countries"),
            "checks",
            options=options(by_name, *form.countries),
            hint=words.t("admin.none_is_all"),
        ),
        Field(
            "languages",
            words.t("admin.languages"),
            "checks",
            options=options(spoken, *form.languages),
            hint=words.t("admin.none_is_all"),
        ),
    ]


def _hours(words: Catalogue, form: HelplineForm, *, always: bool) -> list[Field]:
    zone = Field("zone", words.t("admin.zone"), value=form.zone, hint=words.t("admin.zone_hint"), needed=True)
    if always:
        return [zone]
    hours = form.hours or {}
    days = [Field(f"hours_{day}", words.t(f"day.{day}"), value=" ".join(hours.get(day, ()))) for day in DAYS]
    first = Field(
        days[0].name,
        days[0].label,
        value=days[0].value,
        group=words.t("admin.hours"),
        group_text=words.t("admin.hours_hint"),
    )
    return [zone, first, *days[1:]]


def _times(words: Catalogue, form: HelplineForm) -> list[Field]:
    due = form.due or {}
    times = [
        Field(
            f"due_{p.name.lower()}",
            words.t(f"priority.{PRIORITY_KINDS[p]}"),
            "number",
            str(due.get(p.name.lower(), "")),
            group=words.t("admin.due") if p is BY_RANK[0] else "",
        )
        for p in BY_RANK
    ]
    kept = Field(
        "retention",
        words.t("admin.retention"),
        "number",
        str(form.retention_days),
        hint=words.t("admin.retention_hint"),
        group=words.t("admin.forgetting"),
        needed=True,
    )
    return [*times, kept]


@router.post("/admin/helplines")
async def keep_helpline(request: Request) -> Response:
    """Make or change one; what is wrong changes nothing, and what was written stands in the form again."""
    service, member, form = parts_of(request).service, member_of(request), visitor_of(request).form
    words, token = visitor_of(request).words, once_token(request)
    known = form.get("known", "")[:32]
    code, given = known or form.get("code", "").strip().lower()[:64], helpline_form(form)
    try:
        await parts_of(request).once.run(
            member, token, lambda: service.keep_helpline(member, code, given, new=not known)
        )
    except WrongField as error:
        problem = wrong(words, error)
    except Conflict:
        problem = wrong(words, "taken")
    else:
        return saved(f"/admin/helplines?code={code}")
    return await _page(request, code, given, new=not known, problem=problem, status=422)


def helpline_form(form: Mapping[str, str]) -> HelplineForm:
    """What was written into the form, whether it is acceptable or not."""
    hours = {day: form.get(f"hours_{day}", "")[:200].replace(",", " ").split() for day in DAYS}
    due = {p.name.lower(): form.get(f"due_{p.name.lower()}", "").strip() for p in Priority}
    default = form.get("known") == "default"
    return HelplineForm(
        name=form.get("name", "")[:200],
        countries=_ticked(form, "countries."),
        languages=_ticked(form, "languages."),
        hours={day: spans for day, spans in hours.items() if spans},
        zone=form.get("zone", "").strip()[:64] or "UTC",
        due={name: _number(minutes) for name, minutes in due.items() if minutes},
        retention_days=_number(form.get("retention", "")),
        active=default or form.get("active") == "1",
    )


def _ticked(form: Mapping[str, str], prefix: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(prefix)[:8] for name in form if name.startswith(prefix))


def _number(written: str) -> int:
    """A whole number; -1, which no field accepts, for what is none."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else -1
