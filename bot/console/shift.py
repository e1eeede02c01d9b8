"""The end of a shift: every case one still has goes to a colleague or back to the queue, each with a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.catalogue import Catalogue
from bot.console.page_parts import Mark
from bot.console.present import topic_word
from bot.console.sheet_page import once_token, options, sheet, wrong
from bot.console.sheets import Block, Cell, Field, FormBox, Head, Link, Table
from bot.console.visit import member_of, new_token, parts_of, visitor_of
from bot.core.case import QueueRow
from bot.errors import Conflict, NotFound
from bot.helpline.service import LONGEST_NOTE, StaffMember

router = APIRouter()

AT_ONCE = 20
"""Cases in one form; who has more hands these over first."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a case: to a colleague (empty: back to the queue), with a note."""

    to: str
    note: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was sent: what it said, what was wrong in general and with which case."""

    wishes: Mapping[str, Wish]
    problem: str = ""
    problems: Mapping[str, str] | None = None


@router.get("/shift")
async def show_shift(request: Request) -> Response:
    """Every case one still has, and those that wait for a colleague's yes."""
    return await _page(request, Tried({}))


async def _page(request: Request, tried: Tried, status: int = 200) -> Response:
    service, member, words = parts_of(request).service, member_of(request), visitor_of(request).words
    mine = await _held(request, member)
    left = [row for row in mine if not row.offered_to]
    blocks = []
    if left:
        people = [(str(one.id), one.name) for one in await service.colleagues(member)]
        fields = [field for row in left[:AT_ONCE] for field in _fields(words, row, people, tried)]
        form = FormBox("/shift", "post", tuple(fields), words.t("shift.submit"), new_token())
        title = words.t("shift.left", n=len(left))
        blocks.append(Block(title, text=words.t("shift.text"), problem=tried.problem, forms=(form,)))
    else:
        done = "shift.waiting_only" if mine else "shift.none"
        blocks.append(Block(words.t("shift.done"), news=words.t(done), problem=tried.problem))
    offered = [row for row in mine if row.offered_to]
    if offered:
        table = _waiting(words, offered)
        blocks.append(Block(words.t("shift.offered"), text=words.t("shift.offered_text"), table=table))
    onward = (Link("/queue?view=mine", words.t("queue.mine_link")),)
    return await sheet(request, "shift.title", blocks, "shift", onward=onward, status=status)


async def _held(request: Request, member: StaffMember) -> list[QueueRow]:
    """The open cases that the member holds; those offered to him or her by others are not among them."""
    found = await parts_of(request).service.queue(member, view="mine", limit=200)
    return [row for row in found.rows if row.holder == member.name]


def _fields(
    words: Catalogue, row: QueueRow, people: Sequence[tuple[str, str]], tried: Tried
) -> tuple[Field, Field]:
    wish = tried.wishes.get(row.reference, Wish("", words.t("shift.lines")))
    wrong_here = (tried.problems or {}).get(row.reference, "")
    heading = f"{row.reference} · {topic_word(words, row.intent)} · {words.t(f'state.{row.state.value}')}"
    targets = [("", words.t("shift.to_queue")), *people]
    return (
        Field(
            f"to.{row.reference}",
            words.t("shift.to"),
            "select",
            options=options(targets, wish.to),
            group=heading,
            group_link=f"/cases/{row.reference}#latest",
        ),
        Field(
            f"note.{row.reference}", words.t("shift.note"), "area", wish.note, hint=wrong_here, needed=True
        ),
    )


def _waiting(words: Catalogue, offered: Sequence[QueueRow]) -> Table:
    rows = tuple(
        (
            Cell(row.reference, f"/cases/{row.reference}#latest", firm=True),
            Cell(topic_word(words, row.intent)),
            Cell("", mark=Mark("paused", words.t("offer.row", name=row.offered_to))),
        )
        for row in offered
    )
    names = ("search.reference", "search.topic", "search.state")
    return Table(tuple(Head(words.t(name)) for name in names), rows)


@router.post("/shift")
async def hand_over(request: Request) -> Response:
    """Hand all over. A note that is missing keeps everything where it is; what was written is not lost."""
    member, words = member_of(request), visitor_of(request).words
    wishes, token = wishes_of(visitor_of(request).form), once_token(request)
    plain = words.t("shift.lines").split()
    missing = [name for name, wish in wishes.items() if wish.note.split() in ([], plain)]
    long = [name for name, wish in wishes.items() if len(wish.note) > LONGEST_NOTE]
    if missing or long:
        problems = dict.fromkeys(missing, words.t("shift.no_note"))
        problems |= dict.fromkeys(long, wrong(words, "note"))
        return await _page(request, Tried(wishes, words.t("shift.nothing_done"), problems), 422)
    failed = await parts_of(request).once.run(member, token, lambda: _hand_over(request, member, wishes))
    if failed:
        problem = words.t("shift.some_failed", cases=", ".join(failed))
        return await _page(request, Tried({name: wishes[name] for name in failed}, problem), 409)
    return RedirectResponse("/shift?done=handed", 303)


async def _hand_over(request: Request, member: StaffMember, wishes: Mapping[str, Wish]) -> list[str]:
    """The references of those that somebody else changed meanwhile, or whose colleague is gone."""
    service, failed = parts_of(request).service, []
    for name, wish in wishes.items():
        try:
            if wish.to:
                await service.offer(member, name, int(wish.to), wish.note)
            else:
                await service.release(member, name, wish.note)
        except (Conflict, NotFound, ValueError):
            failed.append(name)
    return failed


def wishes_of(form: Mapping[str, str]) -> dict[str, Wish]:
    """What the form says of each case."""
    names = [name.removeprefix("note.") for name in form if name.startswith("note.")]
    return {name[:16]: Wish(_id(form.get(f"to.{name}", "")), form[f"note.{name}"]) for name in names}


def _id(written: str) -> str:
    return written if written.isascii() and written.isdigit() and len(written) < 19 else ""
