"""Coming in with a one-time code, setting codes up, and one's own account page."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from bot.core.taxonomy import Priority
from tests.clock import FixedClock
from tests.unit.console.stage import PASSWORD, Case, Stage, Visit, open_stage

TEXT = "Is she with you now? <b>Stay</b>"


@pytest.fixture
async def strict(tmp_path: Path, sqlite_template: Path, fixed_clock: FixedClock) -> AsyncIterator[Stage]:
    """A console as in earnest: codes are asked for."""
    path = tmp_path / "strict.db"
    shutil.copy(sqlite_template, path)
    stage = await open_stage(path, fixed_clock, waive_codes=False)
    yield stage
    await stage.store.close()


@pytest.fixture
async def browser(strict: Stage) -> AsyncIterator[Visit]:
    visit = Visit(strict.app)
    yield visit
    await visit.close()


def secret_on(visit: Visit) -> str:
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', visit.page.text)
    assert found is not None
    return found[1].replace(" ", "")


def code(stage: Stage, secret: str) -> str:
    return pyotp.TOTP(secret).at(stage.clock.now())


async def enrolled(stage: Stage, visit: Visit) -> tuple[str, list[str]]:
    """Ana has set codes up and stands in the console: her secret and her recovery codes."""
    await visit.sign_in()
    secret = secret_on(visit)
    page = await visit.press("/sign-in/enrol", code=code(stage, secret))
    return secret, re.findall(r"<li><code>([A-Z0-9-]{11})</code></li>", page)


async def test_the_first_sign_in_sets_codes_up(strict: Stage, browser: Visit) -> None:
    page = await browser.sign_in()
    assert "Set up one-time codes" in page
    assert "<svg" in page
    assert "style=" not in page
    assert "Sign in" in await browser.open("/queue")  # nothing is open before the code
    _, codes = await enrolled(strict, browser)
    assert len(set(codes)) == 10
    assert "Signed in as Ana" in await browser.open("/queue")


async def test_a_wrong_first_code_sets_nothing_up(strict: Stage, browser: Visit) -> None:
    await browser.sign_in()
    secret = secret_on(browser)
    assert "The code is wrong" in await browser.press("/sign-in/enrol", code="000000")
    assert browser.page.status_code == 403
    assert secret_on(browser) == secret
    assert "Sign in" in await browser.open("/queue")


async def test_the_password_alone_opens_nothing(strict: Stage, browser: Visit) -> None:
    await enrolled(strict, browser)
    await browser.open("/queue")
    await browser.press("/sign-out")
    page = await browser.sign_in()
    assert "One more step" in page
    assert (await browser.client.get("/events")).status_code == 401
    for path in ("/queue", "/account", "/system", "/sign-in/enrol"):
        assert "Sign in" in await browser.open(path), path
    half = browser.client.cookies["amparo_session"]
    strict.clock.advance(seconds=60)
    await browser.open("/sign-in/code?next=/help")
    assert "The code is wrong" in await browser.press("/sign-in/code", code="123456")
    assert browser.client.cookies["amparo_session"] == half


async def test_a_code_opens_the_console_once(strict: Stage, browser: Visit) -> None:
    secret, _ = await enrolled(strict, browser)
    await browser.open("/queue")
    await browser.press("/sign-out")
    await browser.sign_in()
    assert "The code is wrong" in await browser.press("/sign-in/code", code=code(strict, secret))  # used up
    strict.clock.advance(seconds=30)
    half = browser.client.cookies["amparo_session"]
    page = await browser.press(
        "/sign-in/code", code=f" {code(strict, secret)[:3]} {code(strict, secret)[3:]} "
    )
    assert "Signed in as Ana" in page
    assert browser.client.cookies["amparo_session"] != half


async def test_a_recovery_code_works_once(strict: Stage, browser: Visit) -> None:
    _, codes = await enrolled(strict, browser)
    for _ in range(2):
        await browser.open("/queue")
        if "Sign out" in browser.page.text:
            await browser.press("/sign-out")
        await browser.sign_in()
        page = await browser.press("/sign-in/code", code=codes[0].lower())
    assert "The code is wrong" in page
    assert "Signed in as Ana" in await browser.press("/sign-in/code", code=codes[1])
    assert "8 recovery codes are left" in await browser.open("/account")


async def test_codes_are_not_guessed(strict: Stage, browser: Visit) -> None:
    secret, _ = await enrolled(strict, browser)
    await browser.open("/queue")
    await browser.press("/sign-out")
    strict.clock.advance(seconds=60)
    await browser.sign_in()
    for guess in range(10):
        await browser.press("/sign-in/code", code=f"{guess:06}")
    await browser.press("/sign-in/code", code=code(strict, secret))
    assert browser.page.status_code == 403


async def test_half_a_sign_in_does_not_last(strict: Stage, browser: Visit) -> None:
    secret, _ = await enrolled(strict, browser)
    await browser.open("/queue")
    await browser.press("/sign-out")
    await browser.sign_in()
    strict.clock.advance(minutes=10)
    await browser.press("/sign-in/code", code=code(strict, secret))
    assert "Your session has ended" in browser.page.text


async def test_a_reply_outlives_its_session_and_the_code(strict: Stage, browser: Visit) -> None:
    secret, _ = await enrolled(strict, browser)
    reference = await strict.opens(1, Case("help", priority=Priority.EMERGENCY))
    await browser.open(f"/cases/{reference}")
    await browser.press(f"/cases/{reference}/claim")
    await strict.world.accounts.sign_out(browser.client.cookies["amparo_session"])
    strict.clock.advance(seconds=60)
    assert "Your text is kept" in await browser.press(f"/cases/{reference}/reply", text=TEXT)
    await browser.press("/sign-in", login="ana", password=PASSWORD)
    assert "The code is wrong" in await browser.press("/sign-in/code", code="000000")
    page = await browser.press("/sign-in/code", code=code(strict, secret))
    assert "It has not been sent" in page
    assert "&lt;b&gt;Stay&lt;/b&gt;</textarea>" in page


async def test_a_reply_outlives_even_a_lost_telephone(strict: Stage, browser: Visit) -> None:
    await enrolled(strict, browser)
    reference = await strict.opens(1, Case("help"))
    await browser.open(f"/cases/{reference}")
    await browser.press(f"/cases/{reference}/claim")
    await strict.world.accounts.second_factor.reset("ana")
    await browser.press(f"/cases/{reference}/reply", text=TEXT)
    await browser.press("/sign-in", login="ana", password=PASSWORD)
    page = await browser.press("/sign-in/enrol", code=code(strict, secret_on(browser)))
    assert f'href="/cases/{reference}?done=kept"' in page
    assert "&lt;b&gt;Stay&lt;/b&gt;</textarea>" in await browser.open(f"/cases/{reference}")


async def test_ones_own_sessions_can_be_ended(strict: Stage, browser: Visit) -> None:
    secret, _ = await enrolled(strict, browser)
    other = Visit(strict.app)
    strict.clock.advance(seconds=60)
    await other.sign_in()
    await other.press("/sign-in/code", code=code(strict, secret))
    page = await browser.open("/account")
    assert page.count("This one") == 1
    (ends,) = re.findall(r'action="(/account/sessions/\d+/end)"', page)
    assert "The session has ended" in await browser.press(ends)
    assert "Sign in" in await other.open("/queue")
    assert (await browser.post(ends, browser.form("/sign-out"))).status_code == 404
    await browser.open("/account")
    await browser.press("/account/sessions/end")
    assert "Sign in" in await browser.open("/queue")
    await other.close()


async def test_nobody_ends_the_session_of_another(stage: Stage, ana: Visit, luis: Visit) -> None:
    luiss = (await stage.world.accounts.sessions(await stage.member("luis"), ""))[0].id
    await ana.open("/account")
    assert (await ana.post(f"/account/sessions/{luiss}/end", ana.form("/sign-out"))).status_code == 404
    assert "Signed in as Luis" in await luis.open("/queue")


async def test_a_password_is_changed_with_the_old_one(stage: Stage, ana: Visit) -> None:
    await ana.open("/account")
    page = await ana.press("/account/password", old="not this one", new="another long password")
    assert "The password of now is wrong" in page
    assert "twelve to two hundred" in await ana.press("/account/password", old=PASSWORD, new="short")
    await ana.press("/account/password", old=PASSWORD, new="another long password")
    assert "You are signed out" in ana.page.text
    assert "Signed in as Ana" in await ana.sign_in("ana", "another long password")


async def test_new_recovery_codes_take_a_code(strict: Stage, browser: Visit) -> None:
    secret, old = await enrolled(strict, browser)
    await browser.open("/account")
    assert "The code is wrong" in await browser.press("/account/codes", code="000000")
    strict.clock.advance(seconds=60)
    page = await browser.press("/account/codes", code=code(strict, secret))
    new = re.findall(r"<li><code>([A-Z0-9-]{11})</code></li>", page)
    assert len(set(new) | set(old)) == 20


async def test_the_demonstration_says_that_it_asks_for_no_code(
    stage: Stage, visit: Visit, strict: Stage
) -> None:
    assert "one-time codes are not asked for here" in await visit.open("/sign-in")
    earnest = Visit(strict.app)
    assert "not asked for" not in await earnest.open("/sign-in")
    await earnest.close()


async def test_whoever_set_codes_up_is_asked_for_them_even_in_the_demonstration(
    stage: Stage, ana: Visit
) -> None:
    await ana.open("/account")
    await ana.open("/sign-in/enrol?next=/account")
    secret = secret_on(ana)
    await ana.press("/sign-in/enrol", code=code(stage, secret))
    assert "10 recovery codes are left" in await ana.open("/account")
    await ana.press("/sign-out")
    assert "One more step" in await ana.sign_in()


async def test_an_export_goes_out_by_four_eyes_and_once(stage: Stage) -> None:
    reference = await stage.opens(1, Case("he hit me"))
    browsers = []
    for login in ("lea", "max"):
        await stage.world.accounts.add(login, login, PASSWORD, "supervisor")
        browsers.append(Visit(stage.app))
        await browsers[-1].sign_in(login)
    lea, max_ = browsers
    await lea.open("/exports")
    assert "There is no such case" in await lea.press("/exports/case", reference="AAAA-AAAA", purpose="court")
    assert "Somebody else decides now" in await lea.press(
        "/exports/case", reference=reference, purpose="court"
    )
    assert "/exports/1/approve" not in lea.page.text
    fields = lea.form("/sign-out")
    assert (await lea.post("/exports/1/approve", fields)).headers["location"] == "/exports?problem=own"
    await max_.open("/exports")
    await max_.press("/exports/1/approve")
    assert "/exports/1/fetch" not in max_.page.text
    await lea.open("/exports")
    file = await lea.send("/exports/1/fetch")
    assert file.headers["content-disposition"] == f'attachment; filename="case-{reference}.json"'
    assert file.headers["cache-control"] == "no-store"
    assert "he hit me" in file.text
    assert (await lea.post("/exports/1/fetch", fields)).headers["location"] == "/exports?problem=over"
    await lea.open("/exports")
    turned = {"since": "2026-03-02", "until": "2026-03-01", "purpose": "research"}
    assert "The days are not acceptable" in await lea.press("/exports/cases", **turned)
    for visit in browsers:
        await visit.close()
