"""What is done with a case besides writing: hand over, ask for help, end it. Forms that lead back to a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.console.desk import back_to_case, back_to_queue, form_token, text_of, too_long
from bot.console.door import BadForm
from bot.console.visit import member_of, parts_of, visitor_of
from bot.core.closing import CODES, Closing
from bot.core.outcome import Outcome
from bot.core.taxonomy import FLAGS, Priority
from bot.errors import SecondNeeded
from bot.helpline.service import LONGEST_NOTE

router = APIRouter()


async def _act(
    request: Request, reference: str, work: Callable[[], Awaitable[None]], done: str, *, stays: bool = True
) -> Response:
    """Run an act once for its form; what it lacks is said on the page, and the text is not lost."""
    parts, member, text = parts_of(request), member_of(request), text_of(request)
    try:
        await parts.once.run(member, form_token(request), work)
    except ValueError:
        if len(text) > LONGEST_NOTE:
            return await too_long(request)
        return back_to_case(reference, "problem=no_note&pane=details")
    return back_to_case(reference, f"done={done}") if stays else back_to_queue(f"done={done}")


def _field(request: Request, name: str) -> str:
    return visitor_of(request).form.get(name, "")


def _staff_id(request: Request) -> int:
    value = _field(request, "to")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise BadForm
    return int(value)


@router.post("/cases/{reference}/release")
async def release(request: Request, reference: str) -> Response:
    """Give the case back, with a word for the next one."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    return await _act(
        request, reference, lambda: service.release(member, reference, text), "released", stays=False
    )


@router.post("/cases/{reference}/offer")
async def offer(request: Request, reference: str) -> Response:
    """Ask a colleague to take it over."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    if not _field(request, "to"):
        return back_to_case(reference, "problem=no_colleague&pane=details")
    to = _staff_id(request)
    return await _act(request, reference, lambda: service.offer(member, reference, to, text), "offered")


@router.post("/cases/{reference}/accept")
async def accept(request: Request, reference: str) -> Response:
    """Take over what was offered."""
    service, member = parts_of(request).service, member_of(request)
    return await _act(request, reference, lambda: service.accept(member, reference), "accepted")


@router.post("/cases/{reference}/refuse")
async def refuse(request: Request, reference: str) -> Response:
    """Not now, or: the offer is taken back."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    return await _act(request, reference, lambda: service.refuse(member, reference, text), "refused")


@router.post("/cases/{reference}/take-over")
async def take_over(request: Request, reference: str) -> Response:
    """A lead takes it."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    return await _act(request, reference, lambda: service.take_over(member, reference, text), "taken_over")


@router.post("/cases/{reference}/call-help")
async def call_help(request: Request, reference: str) -> Response:
    """Call the lead; the person sees nothing of it."""
    service, member = parts_of(request).service, member_of(request)
    return await _act(request, reference, lambda: service.call_help(member, reference), "help_asked")


@router.post("/cases/{reference}/stand-by")
async def stand_by(request: Request, reference: str) -> Response:
    """Be the second person."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    return await _act(request, reference, lambda: service.stand_by(member, reference, text), "second")


@router.post("/cases/{reference}/priority")
async def judge(request: Request, reference: str) -> Response:
    """Raise or lower it, with the reason."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    name = _field(request, "to").upper()
    if name not in Priority.__members__:
        raise BadForm
    return await _act(
        request, reference, lambda: service.judge(member, reference, Priority[name], text), "judged"
    )


@router.post("/cases/{reference}/merge")
async def merge(request: Request, reference: str) -> Response:
    """The same event as another case."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    into = _field(request, "into")
    return await _act(request, reference, lambda: service.merge(member, reference, into, text), "merged")


@router.post("/cases/{reference}/part")
async def part(request: Request, reference: str) -> Response:
    """Another event after all."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    return await _act(request, reference, lambda: service.part(member, reference, text), "parted")


@router.post("/cases/{reference}/pass-on")
async def pass_on(request: Request, reference: str) -> Response:
    """To another helpline: from here on it is not to be seen any more."""
    service, member, text = parts_of(request).service, member_of(request), text_of(request)
    code = _field(request, "to")
    return await _act(
        request, reference, lambda: service.pass_on(member, reference, code, text), "passed_on", stays=False
    )


@router.post("/cases/{reference}/insert")
async def insert(request: Request, reference: str) -> Response:
    """Put a text behind the draft; with script this happens in the page."""
    service, member = parts_of(request).service, member_of(request)
    detail = await service.case(member, reference)
    number = _field(request, "number")
    material = await service.material(member, detail.row)
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= len(material)):
        raise BadForm
    text = f"{detail.draft.rstrip()}\n\n{material[int(number) - 1].text}".strip()
    await service.save_draft(member, reference, text)
    return back_to_case(reference, "done=inserted")


@router.post("/cases/{reference}/close")
async def close(request: Request, reference: str) -> Response:
    """End the case with its record."""
    service, member, form = parts_of(request).service, member_of(request), visitor_of(request).form
    if form.get("outcome", "") not in set(Outcome):
        return back_to_case(reference, "problem=outcome&pane=details")
    try:
        closing = closing_of(form)
    except ValueError:
        return back_to_case(reference, "problem=record&pane=details")
    try:
        return await _act(request, reference, lambda: service.close(member, reference, closing), "closed")
    except SecondNeeded:
        return back_to_case(reference, "problem=second&pane=details")


def closing_of(form: Mapping[str, str]) -> Closing:
    """What a closing form says. Raises ValueError where it says what no page of ours can ask."""
    judged = {flag: form[f"flag.{flag}"] for flag in FLAGS if form.get(f"flag.{flag}")}
    day = form.get("follow_up", "")
    return Closing(
        outcome=Outcome(form["outcome"]),
        categories=tuple(code for code in CODES if form.get(f"cat.{code}") == "1"),
        referral=form.get("referral", "") or "none",
        flags_right={flag: answer == "right" for flag, answer in judged.items()},
        follow_up=date.fromisoformat(day) if day else None,
        note=form.get("text", ""),
        tell=form.get("tell") == "1",
        alone=form.get("alone") == "1",
    )
