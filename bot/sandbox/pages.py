"""The chat page: one page, its scripts and styles, and the people it starts with."""

from __future__ import annotations

from pathlib import Path

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.core.taxonomy import COUNTRIES, LANGUAGES
from bot.sandbox.hub import Sandbox

_FOLDER = Path(__file__).parent / "page"
_MORE_LANGUAGES = ("pt-br", "ar", "de", "zh-hans")
"""Clients in a language the bot does not speak: it must find its way from there, too."""

_READY = (
    ("Mother in Costa Rica", "es", "cr", "writes Spanish"),
    ("Teacher in Rwanda", "en", "rw", "writes English"),
    ("Father in Paraguay", "es", "py", "writes Guaraní and Spanish"),
    ("Pupil in Senegal", "fr", "sn", "writes French"),
)


def add_ready_people(sandbox: Sandbox) -> None:
    """A few people to write as, where there is nobody yet."""
    if sandbox.world.humans:
        return
    for person in _READY:
        sandbox.world.add_human(*person)
    sandbox.commit()


def page_routes() -> list[Route | Mount]:
    """The page at ``/`` and what belongs to it under ``/sandbox/static``."""
    templates = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
    )
    page = templates.get_template("chat.html").render(languages=_languages(), countries=_countries())

    def chat(_: Request) -> Response:
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    return [
        Route("/", chat, methods=["GET"]),
        Mount("/sandbox/static", _Static(directory=_FOLDER / "static")),
    ]


class _Static(StaticFiles):
    """Files that a browser asks for again each time, so that an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _languages() -> list[tuple[str, str]]:
    english = Locale("en")
    names = [(code, english.languages[code]) for code in LANGUAGES]
    more = [
        (code, Locale.parse(code.replace("-", "_")).get_display_name("en") or code)
        for code in _MORE_LANGUAGES
    ]
    return [*names, *more]


def _countries() -> list[tuple[str, str]]:
    english = Locale("en")
    return sorted(((code, english.territories[code.upper()]) for code in COUNTRIES), key=lambda pair: pair[1])
