"""Every route has a place in the table, and each role gets exactly what its permissions say."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from bot.console.permits import ROUTES
from bot.core.access import Role, allowed
from tests.unit.console.stage import PASSWORD, Stage, Visit
from tests.unit.console.test_door import Anything, every_route


def test_the_table_and_the_routes_are_the_same(stage: Stage) -> None:
    assert {f"{method} {path}" for method, path in every_route(stage)} == set(ROUTES)


@pytest.mark.parametrize("role", Role)
async def test_a_role_reaches_what_it_may_and_nothing_else(stage: Stage, role: Role) -> None:
    await stage.world.accounts.add("one", "One", PASSWORD, role)
    visit = Visit(stage.app)
    await visit.sign_in("one")
    token = visit.form("/sign-out")["csrf"]
    refused = set()
    for route, needed in ROUTES.items():
        method, path = route.split()
        path = path.format_map(Anything())
        if needed is None or path in ("/events", "/sign-out", "/account/sessions/end"):
            continue
        if method == "GET":
            answer = await visit.client.get(path)
        else:
            answer = await visit.post(path, {"csrf": token, "token": "t", "text": "x"})
        assert answer.status_code < 500, route
        if answer.status_code == 403:
            refused.add(route)
    wanted = {route for route, needed in ROUTES.items() if needed is not None and not allowed(role, needed)}
    assert refused == wanted
    await visit.close()


async def test_a_route_that_is_in_no_table_is_closed_to_all(stage: Stage, ana: Visit, visit: Visit) -> None:
    extra = APIRouter()

    @extra.get("/forgotten")
    async def forgotten() -> str:
        raise AssertionError("nobody may come here")

    stage.app.include_router(extra)
    stage.app.router.routes.insert(0, stage.app.router.routes.pop())
    assert (await ana.client.get("/forgotten")).status_code == 403
    assert (await visit.client.get("/forgotten")).status_code == 303
