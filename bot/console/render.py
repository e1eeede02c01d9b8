"""Turns a page's data into HTML. Templates get the page, the words of its language and the icons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.console.catalogue import Catalogue
from bot.console.icons import icon
from bot.console.pages import (
    AccountPage,
    CasePage,
    CodePage,
    CodesPage,
    EnrolPage,
    ErrorPage,
    ExportsPage,
    HelpPage,
    Page,
    QueuePage,
    SheetPage,
    SignInPage,
    SystemPage,
)

FOLDER = Path(__file__).parent / "templates"

TEMPLATES: Mapping[type[Any], str] = {
    SignInPage: "sign_in.html",
    CodePage: "code.html",
    EnrolPage: "enrol.html",
    CodesPage: "codes.html",
    AccountPage: "account.html",
    ExportsPage: "exports.html",
    QueuePage: "queue.html",
    CasePage: "case.html",
    SystemPage: "system.html",
    HelpPage: "help.html",
    SheetPage: "sheet.html",
    ErrorPage: "error.html",
}


class Renderer:
    """One environment a language, so that ``t`` in a template speaks it."""

    def __init__(self, catalogues: Mapping[str, Catalogue]) -> None:
        self._environments = {code: environment(words) for code, words in catalogues.items()}

    def page(self, page: Page, status: int = 200) -> HTMLResponse:
        """The page as a response."""
        template = self._environments[page.shell.language].get_template(TEMPLATES[type(page)])
        return HTMLResponse(template.render(page=page), status)


def environment(words: Catalogue) -> Environment:
    """Everything is escaped; a name that the page does not have is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    made.globals.update(t=words.t, icon=icon)
    return made
