"""Administration of ready texts: which there are, in which languages, and the form of one."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.console.catalogue import Catalogue
from bot.console.present import topic_options
from bot.console.sheet_page import admin_sheet, heads, once_token, options, saved, wrong
from bot.console.sheets import Block, Cell, Field, FormBox, Head, Link, Table
from bot.console.visit import member_of, new_token, parts_of, visitor_of
from bot.core.taxonomy import LANGUAGES
from bot.errors import Conflict, WrongField
from bot.helpline.service import CannedText, ReadBack

router = APIRouter()

Known = Mapping[tuple[str, str], CannedText]


@router.get("/admin/texts")
async def show_texts(request: Request, code: str = "", language: str = "") -> Response:
    """Ready texts, a row for each with the languages it has and lacks; and the form of one."""
    return await _page(request, None, code[:40], language[:8])


async def _page(
    request: Request,
    given: CannedText | None,
    code: str,
    language: str,
    problem: str = "",
    status: int = 200,
    back: ReadBack | None = None,
) -> Response:
    service, member, words = parts_of(request).service, member_of(request), visitor_of(request).words
    known = {(item.code, item.language): item for item in await service.canned(member)}
    item = given or known.get((code, language)) or CannedText(code, language or words.language, "")
    kept = known.get((item.code, item.language))
    title = words.t("admin.change_text" if item.version else "admin.new_text")
    blocks = [
        Block(words.t("admin.texts"), text=words.t("admin.texts_text"), table=_listed(words, known)),
        Block(
            title,
            text=_changed(request, item),
            problem=problem if kept is None or back is None else "",
            forms=(_form(words, item),),
        ),
    ]
    if kept is not None:
        state, form = _state_of_back(words, kept), _back_form(words, kept, back)
        blocks.append(
            Block(words.t("admin.back"), text=state, problem=problem if back else "", forms=(form,))
        )
    onward = (Link("/admin/texts", words.t("admin.new_text")),) if item.version else ()
    return await admin_sheet(request, "texts", tuple(blocks), onward=onward, status=status)


def _changed(request: Request, item: CannedText) -> str:
    words = visitor_of(request).words
    if item.changed_at is None:
        return ""
    time = words.moment(item.changed_at, parts_of(request).clock.now())
    return words.t("admin.text_changed", time=time, name=item.changed_by or "–")


def _listed(words: Catalogue, known: Known) -> Table:
    rows = tuple(
        (Cell(code), *(_state(words, known, code, language) for language in LANGUAGES))
        for code in sorted({code for code, _ in known})
    )
    tongues = tuple(Head(words.tongue(language)) for language in LANGUAGES)
    return Table((*heads(words, "admin", "text_code"), *tongues), rows, words.t("admin.no_texts"))


def _state(words: Catalogue, known: Known, code: str, language: str) -> Cell:
    found = known.get((code, language))
    key = "admin.missing" if found is None else "admin.in_use" if found.active else "admin.out_of_use"
    return Cell(words.t(key), f"/admin/texts?code={code}&language={language}")


def _form(words: Catalogue, item: CannedText) -> FormBox:
    tongues = [(language, words.tongue(language)) for language in LANGUAGES]
    if item.version:  # another code or language would be another text
        which = (Field("code", "", "hidden", item.code), Field("language", "", "hidden", item.language))
    else:
        which = (
            Field(
                "code",
                words.t("admin.text_code"),
                value=item.code,
                hint=words.t("admin.text_code_hint"),
                needed=True,
            ),
            Field("language", words.t("facts.language"), "select", options=options(tongues, item.language)),
        )
    shown = words.t("admin.text_in", code=item.code, language=words.tongue(item.language))
    topics = [("", words.t("search.any")), *topic_options(words)]
    fields = (
        *which,
        Field("topic", words.t("facts.topic"), "select", options=options(topics, item.topic)),
        Field(
            "text",
            shown if item.version else words.t("admin.text"),
            "area",
            item.text,
            hint=words.t("admin.text_hint"),
            needed=True,
        ),
        Field("active", words.t("admin.in_use"), "check", "1" if item.active else ""),
        Field("version", "", "hidden", str(item.version)),
    )
    return FormBox("/admin/texts", "post", fields, words.t("admin.save"), new_token())


def _state_of_back(words: Catalogue, kept: CannedText) -> str:
    if not kept.back:
        return words.t("admin.back_none")
    name, language = kept.back_by or "–", words.tongue(kept.back_language)
    return words.t("admin.back_old" if kept.back_old else "admin.back_by", name=name, language=language)


def _back_form(words: Catalogue, kept: CannedText, given: ReadBack | None) -> FormBox:
    tongues = [(one, words.tongue(one)) for one in LANGUAGES if one != kept.language]
    own = words.language if words.language != kept.language else ""
    into = given.into if given else kept.back_language or own
    version = given.version if given else kept.version
    fields = (
        Field("code", "", "hidden", kept.code),
        Field("language", "", "hidden", kept.language),
        Field("version", "", "hidden", str(version)),
        Field("into", words.t("admin.back_into"), "select", options=options(tongues, into)),
        Field(
            "text",
            words.t("admin.back_text"),
            "area",
            given.text if given else kept.back,
            hint=words.t("admin.back_hint"),
        ),
    )
    return FormBox("/admin/texts/back", "post", fields, words.t("admin.back_save"), new_token())


@router.post("/admin/texts/back")
async def keep_back(request: Request) -> Response:
    """Keep what a text says in another language; it is for the version that the writer read."""
    parts, member, form = parts_of(request), member_of(request), visitor_of(request).form
    words = visitor_of(request).words
    given = ReadBack(
        code=form.get("code", "")[:80],
        language=form.get("language", "")[:8],
        into=form.get("into", "")[:8],
        text=form.get("text", ""),
        version=_version(form),
    )
    try:
        await parts.once.run(member, once_token(request), lambda: parts.service.read_back(member, given))
    except WrongField as error:
        problem = wrong(words, error)
    except ValueError:
        problem = wrong(words, "text")
    except Conflict:
        problem = wrong(words, "changed")
    else:
        return saved(f"/admin/texts?code={given.code}&language={given.language}")
    return await _page(request, None, given.code, given.language, problem, 422, given)


def _version(form: Mapping[str, str]) -> int:
    version = form.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0


@router.post("/admin/texts")
async def keep_text(request: Request) -> Response:
    """Make or change a ready text; what is wrong changes nothing, and what was written stands there again."""
    parts, member, form = parts_of(request), member_of(request), visitor_of(request).form
    words = visitor_of(request).words
    given = CannedText(
        code=form.get("code", "").strip().lower()[:80],
        language=form.get("language", "")[:8],
        text=form.get("text", ""),
        topic=form.get("topic", "")[:80],
        active=form.get("active") == "1",
        version=_version(form),
    )
    try:
        await parts.once.run(member, once_token(request), lambda: parts.service.keep_canned(member, given))
    except WrongField as error:
        problem = wrong(words, error)
    except ValueError:
        problem = wrong(words, "text")
    except Conflict:
        problem = wrong(words, "changed" if given.version else "taken")
    else:
        return saved(f"/admin/texts?code={given.code}&language={given.language}")
    return await _page(request, given, given.code, given.language, problem, 422)
