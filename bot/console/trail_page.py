"""The auditor's page: who did what to which case, and whether the chain of entries is whole."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from bot.console.present import Reader
from bot.console.sheet_page import heads, options, sheet
from bot.console.sheets import Block, Cell, Field, FormBox, Link, Table
from bot.console.visit import member_of, new_token, parts_of, reader_of, visitor_of
from bot.console.workpages import Fact
from bot.helpline.service import AuditPage, Checked, Verdict

router = APIRouter()
_HEAD = re.compile(r"[0-9]{1,18}:[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
NAMES = ("login", "reference", "what")
WHY = {
    "missing": "audit.missing",
    "changed": "audit.changed",
    "head": "audit.tip",
    "seal": "audit.seal",
    "expected": "audit.unexpected",
}


@router.get("/audit")
async def show_audit(
    request: Request, before: Annotated[int | None, Query(ge=1, lt=2**63)] = None
) -> Response:
    """Entries, newest first; no words of people."""
    return await _page(request, before, None)


@router.post("/audit")
async def verify(request: Request) -> Response:
    """Check every entry of the chain, its head and its seal; with an older head noted elsewhere, that too."""
    expected = visitor_of(request).form.get("expected", "").strip()
    words = visitor_of(request).words
    if expected and not _HEAD.fullmatch(expected):
        return await _page(request, None, None, words.t("audit.wrong_head"), 422)
    given = visitor_of(request).form.get("number", "")
    number = int(given) if _NUMBER.fullmatch(given) else 0
    checked = await parts_of(request).service.audit_check.ask(expected, number)
    return await _page(request, None, checked, expected=expected)


async def _page(
    request: Request,
    before: int | None,
    checked: Checked | None,
    problem: str = "",
    status: int = 200,
    expected: str = "",
) -> Response:
    verdict = None if checked is None else checked.verdict
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    asked = {name: request.query_params.get(name, "")[:80] for name in NAMES}
    found = await parts.service.audit.page(
        member, before=before, login=asked["login"], reference=asked["reference"], what=asked["what"]
    )
    blocks = (
        Block(
            reader.words.t("audit.chain"),
            text=reader.words.t("audit.chain_text"),
            problem=problem or _broken(reader, verdict),
            news=_sound(reader, verdict) or _under_way(reader, checked),
            forms=(_check(reader, checked, expected),),
            facts=() if verdict is None else (Fact(reader.words.t("audit.head"), verdict.head),),
        ),
        Block(
            reader.words.t("audit.entries"),
            text=reader.words.t("audit.text"),
            forms=(_filters(reader, asked),),
            table=_listed(reader, found),
        ),
    )
    onward = []
    if before is not None:
        onward.append(Link(_address(asked), reader.words.t("audit.newest")))
    if found.before is not None:
        onward.append(Link(_address({**asked, "before": str(found.before)}), reader.words.t("audit.older")))
    return await sheet(request, "audit.title", blocks, "audit", onward=tuple(onward), status=status)


def _address(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/audit?{query}" if query else "/audit"


def _check(reader: Reader, checked: Checked | None, expected: str) -> FormBox:
    """To begin a check, or to look again at the one that goes on beside the page."""
    words = reader.words
    if checked is not None and checked.verdict is None:
        kept = Field("expected", "", "hidden", expected), Field("number", "", "hidden", str(checked.number))
        return FormBox("/audit", "post", kept, words.t("audit.look_again"), new_token(), "line")
    field = Field("expected", words.t("audit.expected"), hint=words.t("audit.expected_hint"))
    return FormBox("/audit", "post", (field,), words.t("audit.check"), new_token(), "line")


def _under_way(reader: Reader, checked: Checked | None) -> str:
    if checked is None or checked.verdict is not None:
        return ""
    return reader.words.t("audit.under_way", share=reader.words.percent(checked.share))


def _broken(reader: Reader, verdict: Verdict | None) -> str:
    if verdict is None or verdict.sound:
        return ""
    return reader.words.t("audit.broken", number=verdict.broken or 0, why=reader.words.t(WHY[verdict.why]))


def _sound(reader: Reader, verdict: Verdict | None) -> str:
    if verdict is None or not verdict.sound:
        return ""
    return reader.words.t("audit.sound", n=verdict.entries)


def _filters(reader: Reader, asked: dict[str, str]) -> FormBox:
    words = reader.words
    known = sorted(words.under("trail.").items(), key=lambda pair: pair[1])
    fields = (
        Field("login", words.t("admin.login"), value=asked["login"]),
        Field("reference", words.t("admin.case"), value=asked["reference"]),
        Field(
            "what",
            words.t("admin.event"),
            "select",
            options=options([("", words.t("search.any")), *known], asked["what"]),
        ),
    )
    return FormBox("/audit", "get", fields, words.t("search.go"), look="filters")


def _listed(reader: Reader, found: AuditPage) -> Table:
    words = reader.words
    rows = tuple(
        (
            Cell(str(row.seq), number=True),
            Cell(words.moment(row.at, reader.now), firm=True),
            Cell(f"{row.name} ({row.login})" if row.login else words.t("audit.nobody")),
            Cell(words.t(f"trail.{row.what}") if words.known(f"trail.{row.what}") else row.what),
            Cell(row.reference, firm=True),
            Cell(row.detail),
        )
        for row in found.rows
    )
    names = ("number", "at", "who", "event", "case", "detail")
    return Table(heads(words, "admin", *names), rows, words.t("audit.none"), "flow")
