"""Counts and times for a Prometheus server; no words, names or references of anybody are among them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.wiring.serve import listen, serving


async def _metrics(request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def serving_metrics(address: str) -> AbstractAsyncContextManager[None]:
    """Serve ``/metrics`` at this address, or nothing where it is empty.

    Raises `SettingsError` where the port is taken.
    """
    if not address:
        return nullcontext()
    app = Starlette(routes=[Route("/metrics", _metrics)])
    return serving(app, listen(address, "AMPARO_METRICS_BIND"))
