"""Puts the console together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from bot.console import (
    account,
    acts,
    admin_alerts,
    admin_helplines,
    admin_installation,
    admin_staff,
    admin_texts,
    care_page,
    catalogue,
    desk,
    elsewhere,
    entry,
    exports,
    figures,
    finding,
    live,
    overview,
    shift,
    trail_page,
)
from bot.console import door as front
from bot.console.api import Rates, create_api
from bot.console.failures import HANDLERS
from bot.console.guard import Gate, Site
from bot.console.provider import Provider
from bot.console.render import Renderer
from bot.console.visit import Once, Parts, Stats
from bot.core.content_state import ContentState
from bot.core.ports import Clock
from bot.helpline.service import ApiTokens, HelplineService, StaffAccounts

STATIC = Path(__file__).parent / "static"
PARTS = (
    *(entry, elsewhere, account, exports, desk, acts, finding, shift, care_page, figures, live, overview),
    *(admin_staff, admin_helplines, admin_alerts, admin_texts, admin_installation, trail_page),
)
"""Modules with routes."""


def create_app(
    *,
    service: HelplineService,
    staff: StaffAccounts,
    stats: Stats,
    clock: Clock,
    content: Callable[[], ContentState] | None = None,
    public_url: str = "",
    zone: tzinfo = UTC,
    provider: Provider | None = None,
    tokens: ApiTokens | None = None,
    rates: Rates | None = None,
) -> FastAPI:
    """The console as an application for a server such as uvicorn.

    Args:
        service: the helpline's work.
        staff: accounts and sessions.
        stats: the numbers of the system page.
        clock: the time.
        content: which texts are in use, and what keeps a newer edit from being used; by default those of the start.
        public_url: the address under which staff reach it; cookies are bound to https where it is https.
            Without one, only localhost and addresses in figures are answered.
        zone: the zone in which times are shown.
        provider: an OpenID Connect provider, where staff may come in through one.
        tokens: access tokens of programs; without them there is no API.
        rates: how often the API may be called.
    """
    catalogues = catalogue.load(zone)
    app = _bare()
    site = Site(public_url)
    as_started = ContentState(clock.now())
    content = content or (lambda: as_started)
    app.state.parts = Parts(
        service, staff, stats, clock, content, site, catalogues, Renderer(catalogues), Once(), provider
    )
    app.state.closing = False  # set True to end the live streams, which otherwise never end
    for part in PARTS:
        app.include_router(part.router)
    if tokens is not None:
        app.mount("/api/v1", create_api(service, tokens, stats, rates))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Gate, site=site)
    return app


def _bare() -> FastAPI:
    """An application without documents of its own, with the door before every route."""
    return FastAPI(
        title="Amparo console",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(front.door)],
        exception_handlers=HANDLERS,  # type: ignore[arg-type]  # narrower than Starlette's own type says
    )
