"""Counts and times for a Prometheus server; no words, names or references of anybody are among them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext, suppress

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.metrics import exposition
from bot.errors import StoreError
from bot.helpline.stats import Stats
from bot.wiring.serve import listen, serving


def serving_metrics(address: str, stats: Stats) -> AbstractAsyncContextManager[None]:
    """Serve ``/metrics`` at this address, or nothing where it is empty.

    What this process counted, and the numbers of the system page while the database answers.

    Raises `SettingsError` where the port is taken.
    """
    if not address:
        return nullcontext()

    async def metrics(request: Request) -> Response:
        text = generate_latest()
        with suppress(StoreError):
            text += exposition(await stats.numbers())
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    app = Starlette(routes=[Route("/metrics", metrics)])
    return serving(app, listen(address, "AMPARO_METRICS_BIND"))
