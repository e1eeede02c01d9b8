"""One's own page: the dose, a break, a talk with a colleague, what became of cases, what to keep away from."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.catalogue import Catalogue
from bot.console.clocks import duration
from bot.console.desk import back_to_case
from bot.console.door import BadForm
from bot.console.present import Reader, state_mark, topic_word
from bot.console.sheet_page import once_token, options, sheet
from bot.console.sheets import Block, Cell, Field, FormBox, Head, Table
from bot.console.timeline import flag_word
from bot.console.visit import member_of, new_token, parts_of, reader_of, visitor_of
from bot.core.care import BREAKS, KEPT_FROM
from bot.core.taxonomy import FLAGS, GUIDANCE_TOPICS
from bot.errors import Conflict, NotFound
from bot.helpline.service import Ask, Care, StaffMember

router = APIRouter()


@router.get("/care")
async def show_care(request: Request) -> Response:
    """What helps to go on; nobody else sees this page."""
    return await _page(request)


async def _page(request: Request, problem: str = "", status: int = 200) -> Response:
    service, member, reader = parts_of(request).service, member_of(request), reader_of(request)
    care, colleagues = await service.care(member), await service.colleagues(member)
    blocks = (
        _break(reader, care, problem),
        _talk(reader, care, colleagues),
        _became(reader, care),
        _kept_from(reader, care),
    )
    return await sheet(request, "care.title", blocks, "care", status=status)


def _break(reader: Reader, care: Care, problem: str) -> Block:
    """The own dose, and a break in one tap."""
    words = reader.words
    dose = words.t("care.dose", n=care.now.hard, time=duration_of(words, care.minutes))
    if care.now.break_until is not None:
        until = words.t("care.break_until", time=words.clock(care.now.break_until))
        form = FormBox("/care/back", "post", (), words.t("care.back"), new_token())
        return Block(words.t("care.break"), text=dose, news=until, forms=(form,))
    forms = tuple(
        FormBox(
            "/care/break",
            "post",
            (Field("minutes", "", "hidden", str(minutes)),),
            words.t("care.minutes", m=minutes),
            new_token(),
            "tap",
        )
        for minutes in BREAKS
    )
    text = " ".join((dose, words.t("care.break_text")))
    return Block(words.t("care.break"), text=text, problem=problem, forms=forms)


def duration_of(words: Catalogue, minutes: int) -> str:
    """A number of minutes in words."""
    return duration(words, timedelta(minutes=minutes))


def _talk(reader: Reader, care: Care, colleagues: Sequence[StaffMember]) -> Block:
    """Asking a colleague of one's choice, and being asked: nothing of any case goes with it."""
    words = reader.words
    people = [("", words.t("close.choose")), *((str(one.id), one.name) for one in colleagues)]
    field = Field("to", words.t("care.talk_to"), "select", options=options(people), needed=True)
    forms = [FormBox("/care/talk", "post", (field,), words.t("care.talk_ask"), new_token(), "line")]
    for ask in care.asks:
        if not ask.own and not ask.answer:
            forms += _answers(words, ask)
    rows = tuple(
        (
            Cell(words.t("care.you_asked" if ask.own else "care.asked_you", name=ask.name)),
            Cell(words.moment(ask.at, reader.now), firm=True),
            Cell(words.t(f"care.talk_{ask.answer or 'open'}")),
        )
        for ask in care.asks
    )
    names = ("care.talk_who", "care.talk_at", "care.talk_answer")
    table = Table(tuple(Head(words.t(name)) for name in names), rows, look="narrow")
    shown = tuple(forms) if colleagues else tuple(forms[1:])
    return Block(words.t("care.talk"), text=words.t("care.talk_text"), forms=shown, table=table)


def _answers(words: Catalogue, ask: Ask) -> list[FormBox]:
    """Yes and not now, each in one tap."""
    found = []
    for answer in ("yes", "no"):
        fields = (Field("ask", "", "hidden", str(ask.id)), Field("answer", "", "hidden", answer))
        button = words.t(f"care.say_{answer}", name=ask.name)
        found.append(FormBox("/care/talk/answer", "post", fields, button, new_token(), "tap"))
    return found


def _became(reader: Reader, care: Care) -> Block:
    """Cases that one had: how they stand, and by no name."""
    words = reader.words
    rows = []
    for case in care.became:
        end = words.t(f"outcome.{case.outcome}") if case.outcome else ""
        if case.referral not in ("", "none"):
            end = f"{end} · {words.t(f'referral.{case.referral}')}"
        rows.append(
            (
                Cell(case.reference, f"/cases/{case.reference}#latest", firm=True),
                Cell(topic_word(words, case.intent)),
                Cell("", mark=state_mark(words, case.state)),
                Cell(end),
                Cell(words.moment(case.at, reader.now), firm=True),
            )
        )
    names = ("search.reference", "search.topic", "search.state", "figures.outcome", "care.last")
    heads = tuple(Head(words.t(name)) for name in names)
    table = Table(heads, tuple(rows), words.t("care.became_none"))
    return Block(words.t("care.became"), text=words.t("care.became_text"), table=table)


def kept_word(words: Catalogue, name: str) -> str:
    """A flag, a topic or an intent that one may keep away from."""
    if name in FLAGS:
        return flag_word(words, name)
    return words.t(f"topic.{name}") if name in GUIDANCE_TOPICS else topic_word(words, name)


def _kept_from(reader: Reader, care: Care) -> Block:
    words = reader.words
    boxes = [(name, kept_word(words, name)) for name in KEPT_FROM]
    field = Field("from", words.t("care.kept_from"), "checks", options=options(boxes, *care.kept_from))
    form = FormBox("/care/topics", "post", (field,), words.t("care.keep"), new_token())
    return Block(words.t("care.topics"), text=words.t("care.topics_text"), forms=(form,))


def _number(request: Request, name: str) -> int:
    value = visitor_of(request).form.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise BadForm
    return int(value)


@router.post("/care/break")
async def take_break(request: Request) -> Response:
    """Rest; an emergency in hand is handed over first, and the page says so."""
    parts, member, minutes = parts_of(request), member_of(request), _number(request, "minutes")
    token = once_token(request)
    try:
        await parts.once.run(member, token, lambda: parts.service.take_break(member, minutes))
    except ValueError as error:
        raise BadForm from error
    except Conflict:
        return await _page(request, visitor_of(request).words.t("care.emergency_first"), 409)
    return RedirectResponse("/care", 303)


@router.post("/care/back")
async def end_break(request: Request) -> Response:
    """Be back."""
    await parts_of(request).service.end_break(member_of(request))
    return RedirectResponse("/queue", 303)


@router.post("/care/talk")
async def ask_talk(request: Request) -> Response:
    """Ask a colleague for some minutes."""
    parts, member, to = parts_of(request), member_of(request), _number(request, "to")
    token = once_token(request)
    try:
        await parts.once.run(member, token, lambda: parts.service.ask_talk(member, to))
    except (Conflict, NotFound):
        return await _page(request, visitor_of(request).words.t("care.cannot_ask"), 409)
    return RedirectResponse("/care?done=asked", 303)


@router.post("/care/talk/answer")
async def answer_talk(request: Request) -> Response:
    """Yes, or not now."""
    member, ask = member_of(request), _number(request, "ask")
    yes = visitor_of(request).form.get("answer") == "yes"
    with suppress(NotFound):  # answered in another tab, or too old: the page shows how it stands
        await parts_of(request).service.answer_talk(member, ask, yes=yes)
    return RedirectResponse("/care", 303)


@router.post("/care/topics")
async def keep_from(request: Request) -> Response:
    """Keep away from these topics."""
    form = visitor_of(request).form
    names = [name for name in KEPT_FROM if form.get(f"from.{name}") == "1"]
    await parts_of(request).service.keep_from(member_of(request), names)
    return RedirectResponse("/care?done=saved", 303)


@router.post("/cases/{reference}/hard")
async def mark_hard(request: Request, reference: Annotated[str, Path(max_length=40)]) -> Response:
    """ "That was hard", in one tap."""
    await parts_of(request).service.mark_hard(member_of(request), reference)
    return back_to_case(reference, "done=hard")
