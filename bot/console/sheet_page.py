"""What the pages made of blocks share: the frame around them, and the making of forms and tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.catalogue import Catalogue
from bot.console.desk import form_token, notice, waiting_of
from bot.console.sections import admin_places
from bot.console.sheets import Block, Head, Link, Option, SheetPage
from bot.console.visit import member_of, parts_of, reader_of, visitor_of
from bot.errors import WrongField

NUMBERS = frozenset({"attempts", "number"})


async def sheet(
    request: Request,
    title: str,
    blocks: Iterable[Block],
    place: str,
    *,
    places: tuple[Link, ...] = (),
    onward: tuple[Link, ...] = (),
    status: int = 200,
) -> Response:
    """A page of blocks with its frame; ``title`` is a key, ``place`` the section of the rail."""
    parts, member, reader = parts_of(request), member_of(request), reader_of(request)
    seq = await parts.service.latest_change()
    page = SheetPage(
        shell=reader.shell(reader.words.t(title)),
        frame=reader.frame(member, place, seq, await waiting_of(request), notice(request)),
        places=places,
        blocks=tuple(blocks),
        onward=onward,
    )
    return parts.renderer.page(page, status)


async def admin_sheet(
    request: Request,
    chosen: str,
    blocks: Iterable[Block],
    *,
    onward: tuple[Link, ...] = (),
    status: int = 200,
) -> Response:
    """A page of administration beside the others that the role may open."""
    reader = reader_of(request)
    places = admin_places(reader.words, member_of(request), chosen)
    title = f"admin.{chosen}"
    return await sheet(request, title, blocks, "admin", places=places, onward=onward, status=status)


def heads(words: Catalogue, prefix: str, *names: str) -> tuple[Head, ...]:
    """Heads of columns by their names."""
    return tuple(Head(words.t(f"{prefix}.{name}"), name in NUMBERS) for name in names)


def options(pairs: Iterable[tuple[str, str]], *chosen: str) -> tuple[Option, ...]:
    """Options from values and words."""
    return tuple(Option(value, word, value in chosen) for value, word in pairs)


WRONG = (
    *("name", "code", "default", "zone", "retention", "codes", "due", "hours", "email", "telegram"),
    *("receivers", "inside", "webhooks", "password", "login", "role", "language", "topic", "text"),
    *("form", "taken", "changed", "own", "helpline", "note"),
)
"""What can be wrong with a form; each has its sentence."""


def wrong(words: Catalogue, error: Exception | str) -> str:
    """What was wrong with a form, in words."""
    name = error if isinstance(error, str) else error.field if isinstance(error, WrongField) else "form"
    return words.t(f"wrong.{name}") if name in WRONG else words.t("wrong.form")


def once_token(request: Request) -> str:
    """Names a form with all that stands in it: sent twice it acts once, changed and sent again it acts again."""
    token, form = form_token(request), visitor_of(request).form
    content = json.dumps(sorted((name, value) for name, value in form.items() if name != "csrf"))
    return token + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def saved(path: str) -> Response:
    """Back to a page, which says that it is kept."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}done=saved", 303)
