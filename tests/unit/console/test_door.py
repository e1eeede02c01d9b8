"""Sessions, forms, the language, and a text that outlives its session."""

from __future__ import annotations

import pytest

from bot.console.permits import ROUTES
from bot.console.visit import local_path
from bot.core.taxonomy import Priority
from bot.helpline.service import StaffAccounts
from tests.unit.console.stage import PASSWORD, Case, Stage, Visit

TEXT = "Is she with you now? <b>Stay</b>"


class Anything(dict[str, str]):
    """Something for every place in a path: a case that is not there, a number."""

    def __missing__(self, name: str) -> str:
        return "AAAA-AAAA" if name == "reference" else "999"


def every_route(stage: Stage) -> list[tuple[str, str]]:
    """Method and path of all routes of the application."""
    return [(method.upper(), path) for path, item in stage.app.openapi()["paths"].items() for method in item]


async def test_every_route_but_the_open_ones_needs_a_session(stage: Stage, visit: Visit) -> None:
    await visit.open("/sign-in")
    token = visit.form("/sign-in")["csrf"]
    closed = [(method, path) for method, path in every_route(stage) if ROUTES[f"{method} {path}"] is not None]
    assert len(closed) > 12
    for method, path in closed:
        path = path.format_map(Anything())
        if method == "GET":
            answer = await visit.client.get(path)
        else:
            answer = await visit.post(path, {"csrf": token, "token": "t"})
        to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert to_sign_in or answer.status_code == 401, path


async def test_signing_in_and_out(visit: Visit) -> None:
    page = await visit.sign_in()
    assert "Signed in as Ana" in page
    session = visit.client.cookies["amparo_session"]
    await visit.press("/sign-out")
    assert "You are signed out" in visit.page.text
    visit.client.cookies.set("amparo_session", session, domain="127.0.0.1")
    assert "Sign in" in await visit.open("/queue")


async def test_the_session_cookie_is_kept_from_script_and_other_sites(visit: Visit) -> None:
    await visit.open("/sign-in")
    answer = await visit.send("/sign-in", login="ana", password=PASSWORD)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("amparo_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie


async def test_over_https_the_cookie_is_bound_to_the_host(stage: Stage) -> None:
    from bot.console import create_app

    app = create_app(
        service=stage.store.service,
        staff=stage.world.accounts,
        stats=stage.store.stats,
        clock=stage.clock,
        public_url="https://console.example.org",
    )
    visit = Visit(app, base="https://console.example.org")
    await visit.open("/sign-in")
    answer = await visit.send("/sign-in", login="ana", password=PASSWORD)
    assert answer.headers["set-cookie"].startswith("__Host-amparo=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers
    await visit.close()


@pytest.mark.parametrize(("login", "password"), [("ana", "not this one"), ("nobody", PASSWORD), ("", "")])
async def test_wrong_names_and_passwords_are_not_told_apart(visit: Visit, login: str, password: str) -> None:
    await visit.open("/sign-in")
    page = await visit.press("/sign-in", login=login, password=password)
    assert visit.page.status_code == 403
    assert "Name or password is wrong" in page
    assert password == "" or password not in page


async def test_too_many_tries_are_refused_even_with_the_right_password(visit: Visit) -> None:
    await visit.open("/sign-in")
    for _ in range(5):
        await visit.press("/sign-in", login="ana", password="wrong")
    await visit.press("/sign-in", login="ana", password=PASSWORD)
    assert visit.page.status_code == 403


async def test_a_form_without_its_token_or_from_elsewhere_is_refused(stage: Stage, ana: Visit) -> None:
    reference = await stage.opens(1, Case("help"))
    await ana.open(f"/cases/{reference}")
    fields = ana.form(f"/cases/{reference}/claim")
    path = f"/cases/{reference}/claim"
    assert (await ana.post(path, {**fields, "csrf": "0" * 64})).status_code == 403
    assert (await ana.post(path, fields, **{"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await ana.post(path, fields, origin="http://evil.example")).status_code == 403
    assert (await ana.client.post(path, data=fields)).status_code == 403
    assert "Nobody has this case" in await ana.open(f"/cases/{reference}")


async def test_the_language_follows_the_browser_and_the_switch(visit: Visit) -> None:
    assert "Entrar" in await visit.open("/sign-in", **{"accept-language": "es-PY,es;q=0.9,en;q=0.5"})
    assert "Sign in" in await visit.open("/sign-in", **{"accept-language": "rw, *"})
    page = await visit.press("/language", language="fr")
    assert '<html lang="fr">' in page
    assert (await visit.send("/language", language="xx")).status_code == 400


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\nb"])
def test_no_form_leads_out_of_the_console(goal: str) -> None:
    assert local_path(goal, "/queue") == "/queue"


async def test_after_signing_in_one_is_where_one_wanted_to_be(stage: Stage, visit: Visit) -> None:
    reference = await stage.opens(1, Case("help"))
    await visit.open(f"/cases/{reference}?pane=details")
    page = await visit.press("/sign-in", login="ana", password=PASSWORD)
    assert f"Case {reference}" in page


async def lost_session(stage: Stage, visit: Visit, accounts: StaffAccounts) -> str:
    """Ana has a case open, and her session ends on the server; the case's reference."""
    reference = await stage.opens(1, Case("help", priority=Priority.EMERGENCY))
    await visit.open(f"/cases/{reference}")
    await visit.press(f"/cases/{reference}/claim")
    await accounts.sign_out(visit.client.cookies["amparo_session"])
    return reference


async def test_a_reply_outlives_its_session(stage: Stage, ana: Visit) -> None:
    reference = await lost_session(stage, ana, stage.world.accounts)
    page = await ana.press(f"/cases/{reference}/reply", text=TEXT)
    assert ana.page.status_code == 401
    assert "Your text is kept" in page
    page = await ana.press("/sign-in", login="ana", password=PASSWORD)
    assert "It has not been sent" in page
    assert "&lt;b&gt;Stay&lt;/b&gt;</textarea>" in page
    assert await stage.world.deliver() == [(1, "Llame al 911 si hay peligro ahora."), (1, JOINED)]


JOINED = "es everyday.staff_joined Ana"


async def test_a_reply_outlives_the_lease_too(stage: Stage, ana: Visit) -> None:
    reference = await lost_session(stage, ana, stage.world.accounts)
    await ana.press(f"/cases/{reference}/reply", text=TEXT)
    stage.clock.advance(minutes=16)
    await stage.store.service.sweep(stage.clock.now())
    page = await ana.press("/sign-in", login="ana", password=PASSWORD)
    assert "has not been sent" in page
    page = await ana.press(f"/cases/{reference}/note", text=TEXT)  # the form holds it, offered as a note
    assert "Note saved" in page
    assert "Note by Ana, for staff only" in page


async def test_a_kept_text_can_become_the_draft_of_a_case_taken_again(stage: Stage, ana: Visit) -> None:
    reference = await lost_session(stage, ana, stage.world.accounts)
    await ana.press(f"/cases/{reference}/reply", text=TEXT)
    stage.clock.advance(minutes=16)
    await stage.store.service.sweep(stage.clock.now())
    page = await ana.press("/sign-in", login="ana", password=PASSWORD)
    assert f'formaction="/cases/{reference}/claim"' in page
    fields = {**ana.form(f"/cases/{reference}/note"), "text": TEXT}
    await ana.post(f"/cases/{reference}/claim", fields)
    page = await ana.open(f"/cases/{reference}")
    assert "&lt;b&gt;Stay&lt;/b&gt;</textarea>" in page


async def test_what_a_page_fetches_by_itself_does_not_keep_the_session_alive(
    stage: Stage, ana: Visit
) -> None:
    for _ in range(5):
        stage.clock.advance(minutes=15)
        await ana.open("/queue", **{"x-live": "1"})
    assert ana.page.status_code == 401
