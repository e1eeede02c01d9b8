"""What the routes work with, and who is visiting: cookies, language, form, member."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from starlette.requests import Request

from bot.console.catalogue import Catalogue, choose
from bot.console.guard import Site, form_token
from bot.console.pages import Unsent
from bot.console.present import Reader
from bot.console.provider import Provider
from bot.console.render import Renderer
from bot.core.content_state import ContentState
from bot.core.ports import Clock
from bot.core.taxonomy import Priority
from bot.helpline.service import HelplineService, StaffAccounts, StaffMember

T = TypeVar("T")
_REMEMBERED = 4096

LANGUAGE_COOKIE = "amparo_language"
KINDS = frozenset(
    {
        *("reply", "draft", "note", "release", "close", "claim", "offer", "refuse", "take-over", "stand-by"),
        *("merge", "part", "pass-on", "shift"),
    }
)
"""Forms that carry a text: those of a case, and the end of a shift."""


class Numbers(Protocol):
    """What the system page shows: counts, and ages in seconds (0 where nothing waits)."""

    @property
    def inbox_waiting(self) -> int: ...
    @property
    def inbox_oldest(self) -> float: ...
    @property
    def dead_letters(self) -> int: ...
    @property
    def outbox_queued(self) -> int: ...
    @property
    def outbox_oldest(self) -> float: ...
    @property
    def outbox_uncertain(self) -> int: ...
    @property
    def cases_open(self) -> Mapping[Priority, int]: ...
    @property
    def cases_overdue(self) -> int: ...
    @property
    def alerts_queued(self) -> int: ...
    @property
    def alerts_oldest(self) -> float: ...
    @property
    def alerts_failed(self) -> int: ...
    @property
    def alert_receivers(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def handled(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def given_up(self) -> int: ...
    @property
    def telegram_pending(self) -> int | None: ...
    @property
    def telegram_asked(self) -> float | None: ...


class Stats(Protocol):
    """Where the numbers come from."""

    async def numbers(self) -> Numbers: ...


class Once:
    """Lets a form that was sent twice act once: the second time gives the first one's result.

    It remembers within one process, which is what a double click meets; a reply is held to once by the
    service itself.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str], asyncio.Future[Any]] = OrderedDict()

    async def run(self, staff: StaffMember, token: str, work: Callable[[], Awaitable[T]]) -> T:
        """The result of ``work``, done at most once for this token; a failure may be tried again."""
        key = (staff.id, token)
        task = self._known.get(key)
        if task is None:
            task = self._known[key] = asyncio.ensure_future(work())
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        try:
            return cast(T, await asyncio.shield(task))
        except Exception:
            self._known.pop(key, None)
            raise


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything behind the routes."""

    service: HelplineService
    accounts: StaffAccounts
    stats: Stats
    clock: Clock
    content: Callable[[], ContentState]
    site: Site
    catalogues: Mapping[str, Catalogue]
    renderer: Renderer
    once: Once
    provider: Provider | None = None
    """An OpenID Connect provider, where staff may come in through one."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent a request: the words of the language, the form's fields, and the member once known.

    ``session`` and ``browser`` are the values of the two cookies, empty where there are none.
    """

    words: Catalogue
    form: Mapping[str, str]
    session: str
    browser: str
    member: StaffMember | None = None


def parts_of(request: Request) -> Parts:
    """The parts of the application that a request came to."""
    parts: Parts = request.app.state.parts
    return parts


def session_cookie(site: Site) -> str:
    """Browsers keep a ``__Host-`` cookie to this very host, and to https."""
    return "__Host-amparo" if site.secure else "amparo_session"


def browser_cookie(site: Site) -> str:
    """Before signing in, forms are bound to this one."""
    return "__Host-amparo-browser" if site.secure else "amparo_browser"


def visitor_of(request: Request) -> Visitor:
    """The visitor as the door left him or her; a stranger where no route, and so no door, was reached."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor or stranger(request)


def stranger(request: Request) -> Visitor:
    """What the headers alone tell of a visitor."""
    parts, cookies = parts_of(request), request.cookies
    language = choose(cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))
    return Visitor(
        words=parts.catalogues[language],
        form={},
        session=cookies.get(session_cookie(parts.site), ""),
        browser=cookies.get(browser_cookie(parts.site), ""),
    )


def member_of(request: Request) -> StaffMember:
    """The signed-in member; the door lets nobody else through to where this is asked."""
    member = visitor_of(request).member
    assert member is not None
    return member


def csrf_of(request: Request) -> str:
    """The token for the forms of a page for this visitor."""
    visitor = visitor_of(request)
    return form_token(visitor.session if visitor.member else visitor.browser)


def unsent_of(request: Request) -> Unsent | None:
    """The text of a form to a case, if it has one; of the end of a shift, all notes together."""
    steps = request.url.path.split("/")
    form = visitor_of(request).form
    if steps[1:] == ["shift"]:
        notes = [
            f"{name.removeprefix('note.')}\n{value}" for name, value in form.items() if name[:5] == "note."
        ]
        return Unsent("", "shift", "\n\n".join(notes)) if notes else None
    text = form.get("text", "")
    if len(steps) != 4 or steps[1] != "cases" or steps[3] not in KINDS or not text.strip():
        return None
    return Unsent(steps[2], steps[3], text)


def by_script(request: Request) -> bool:
    """Whether the page's script sent it, which wants no page for an answer."""
    return "x-live" in request.headers or request.url.path == "/events"


def new_token() -> str:
    """A token for a form."""
    return secrets.token_urlsafe(16)


def local_path(path: str, default: str) -> str:
    """An address inside the console, or the default: forms never lead elsewhere."""
    plain = path.isprintable() and "\\" not in path and len(path) <= 500
    return path if plain and path.startswith("/") and not path.startswith("//") else default


def here(request: Request) -> str:
    """The address of the page itself, to come back to."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def reader_of(request: Request) -> Reader:
    """Who reads the page that is being made."""
    address = here(request) if request.method == "GET" else "/queue"
    return Reader(visitor_of(request).words, parts_of(request).clock.now(), csrf_of(request), address)
