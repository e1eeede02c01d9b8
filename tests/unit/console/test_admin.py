"""Settings: accounts, helplines, ready texts, alerts, keys and content; each change checked, audited, within reach."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core.content_state import ContentProblem, ContentState
from bot.core.helplines import DEFAULT
from tests.unit.console.stage import PASSWORD, Case, Stage, Visit
from tests.unit.console.week import an_office, staff_of_every_role

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def admin(stage: Stage) -> AsyncIterator[Visit]:
    await staff_of_every_role(stage)
    await an_office(stage)
    visit = Visit(stage.app)
    await visit.sign_in("admin")
    yield visit
    await visit.close()


@pytest.fixture
async def outside(stage: Stage, admin: Visit) -> AsyncIterator[Visit]:
    """An administrator of another helpline."""
    await stage.world.accounts.add("eva", "Eva", PASSWORD, "administrator", "py-fono")
    visit = Visit(stage.app)
    await visit.sign_in("eva")
    yield visit
    await visit.close()


async def noted(stage: Stage, what: str) -> list[tuple[str, str]]:
    """Who did it, with its detail."""
    page = await stage.store.service.audit.page(await stage.member("audit"), what=what)
    return [(row.login, row.detail) for row in page.rows]


async def test_each_role_sees_its_own_sections(stage: Stage, admin: Visit) -> None:
    seen = {}
    for login in ("ana", "sara", "admin", "audit", "partner"):
        visit = Visit(stage.app)
        page = await visit.sign_in(login)
        rail = page.partition('<nav class="rail"')[2].partition("</nav>")[0]
        seen[login] = {name for name in ("/queue", "/shift", "/figures", "/audit", "/admin/") if name in rail}
        await visit.close()
    assert seen == {
        "ana": {"/queue", "/shift"},
        "sara": {"/queue", "/shift", "/figures", "/admin/"},
        "admin": {"/figures", "/admin/"},
        "audit": {"/figures", "/audit"},
        "partner": {"/queue", "/figures"},
    }


# ---- accounts


async def test_an_account_is_made_and_changed(stage: Stage, admin: Visit) -> None:
    await admin.open("/admin/staff")
    page = await admin.press(
        "/admin/staff", login="Nora", name="Nora", role="counsellor", helpline=DEFAULT, password=PASSWORD
    )
    assert "Saved" in page
    assert "Nora (nora)" in page
    nora = Visit(stage.app)
    assert "Signed in as Nora" in await nora.sign_in("nora")
    for fields in (
        {"act": "role", "role": "supervisor"},
        {"act": "password", "password": "another pass word"},
    ):
        await admin.press("/admin/staff/change", **fields)
    assert "Sign in" in await nora.open("/queue")  # each change ends the sessions
    assert "Signed in as Nora" in await nora.sign_in("nora", "another pass word")
    assert (await stage.member("nora")).role == "supervisor"
    page = await admin.press("/admin/staff/change", act="lock")
    assert "Unlock the account" in page
    assert "Name or password is wrong" in await nora.sign_in("nora", "another pass word")
    await admin.press("/admin/staff/change", act="unlock")
    await admin.press("/admin/staff/change", act="helpline", helpline="py-fono")
    assert (await stage.member("nora")).helpline == "py-fono"
    for what in ("account_added", "role_set", "password_set", "account_locked", "helpline_set"):
        assert (await noted(stage, what))[0][0] == "admin", what
    await nora.close()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"login": "x"}, "2 to 80 small letters"),
        ({"login": SCRIPT}, "2 to 80 small letters"),
        ({"login": "ana"}, "taken already"),
        ({"name": ""}, "1 to 80 characters"),
        ({"name": "y" * 100_000}, "1 to 80 characters"),
        ({"role": "king"}, "role from the list"),
        ({"helpline": "nowhere"}, "helpline from the list"),
        ({"password": "short"}, "twelve to two hundred"),
        ({"password": "p" * 100_000}, "twelve to two hundred"),
    ],
)
async def test_an_account_that_cannot_be_is_refused_and_the_form_stays(
    stage: Stage, admin: Visit, fields: dict[str, str], said: str
) -> None:
    await admin.open("/admin/staff")
    good = {"login": "nora", "name": "Nora", "role": "counsellor", "helpline": DEFAULT, "password": PASSWORD}
    page = await admin.press("/admin/staff", **{**good, **fields})
    assert admin.page.status_code == 422
    assert said in page
    assert SCRIPT not in page
    assert PASSWORD not in page
    assert 'value="nora"' in page or "login" in fields
    assert "nora" not in {one.login for one in await stage.world.accounts.members()}


async def test_a_name_with_script_is_only_a_name(admin: Visit) -> None:
    await admin.open("/admin/staff")
    page = await admin.press(
        "/admin/staff", login="nora", name=SCRIPT, role="partner", helpline=DEFAULT, password=PASSWORD
    )
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


async def test_nobody_changes_the_own_account(stage: Stage, admin: Visit) -> None:
    page = await admin.open("/admin/staff?login=admin")
    assert "/admin/staff/change" not in page
    token = admin.form("/sign-out")["csrf"]
    answer = await admin.post("/admin/staff/change", {"csrf": token, "login": "Admin", "act": "lock"})
    assert answer.status_code == 422
    assert (await stage.member("admin")).role == "administrator"


async def test_accounts_of_another_helpline_are_not_found(stage: Stage, outside: Visit) -> None:
    page = await outside.open("/admin/staff")
    assert "luis" not in page
    token = outside.form("/sign-out")["csrf"]
    assert (await outside.client.get("/admin/staff?login=luis")).status_code == 404
    for act in ("lock", "role", "password", "codes", "helpline"):
        fields = {"login": "luis", "act": act, "role": "partner", "password": PASSWORD, "helpline": "py-fono"}
        answer = await outside.post("/admin/staff/change", {"csrf": token, **fields})
        assert answer.status_code == 404, act
    made = {"login": "nora", "name": "Nora", "role": "partner", "helpline": DEFAULT, "password": PASSWORD}
    assert (await outside.post("/admin/staff", {"csrf": token, "token": "t", **made})).status_code == 422
    assert (await stage.member("luis")).role == "counsellor"


# ---- helplines


async def test_a_helpline_is_made_and_changed(stage: Stage, admin: Visit) -> None:
    page = await admin.open("/admin/helplines?new=1")
    fields = {
        **{"code": "gh-line", "name": "Ghana line", "countries.gh": "1", "languages.en": "1"},
        **{"zone": "Africa/Accra", "hours_mon": "08:00-12:00, 14:00-18:00", "due_emergency": "3"},
        **{"due_urgent": "30", "due_routine": "600", "retention": "90", "active": "1"},
    }
    page = await admin.press("/admin/helplines", **fields)
    assert "Saved" in page
    assert 'value="08:00-12:00 14:00-18:00"' in page
    line = await stage.store.helplines.by_code("gh-line")
    assert (line.countries, line.languages, line.retention_days) == (("gh",), ("en",), 90)
    await admin.press("/admin/helplines", **{**fields, "name": "Other name", "active": ""})
    line = await stage.store.helplines.by_code("gh-line")
    assert (line.name, line.active) == ("Other name", False)
    assert (await noted(stage, "helpline_added"))[0] == ("admin", "helpline=gh-line")
    assert (await noted(stage, "helpline_changed"))[0] == ("admin", "helpline=gh-line")


async def test_changing_a_helpline_leaves_its_receivers_alone(stage: Stage, admin: Visit) -> None:
    await admin.open("/admin/helplines?code=default")
    fields = {"name": "Night line", "zone": "UTC", "retention": "365"}
    assert "Saved" in await admin.press("/admin/helplines", **fields)
    kept = await stage.store.service.receivers(await stage.member("admin"), DEFAULT)
    assert kept.language == "es"
    assert [one.address for one in kept.of("email")] == ["lead@example.org"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": "UP per"}, "small letters, digits"),
        ({"code": "x" * 100_000}, "small letters, digits"),
        ({"code": "py-fono"}, "taken already"),
        ({"name": SCRIPT * 10}, "1 to 80 characters"),
        ({"zone": "Mars/Base"}, "time zone is not known"),
        ({"zone": "../../etc/passwd"}, "time zone is not known"),
        ({"hours_mon": "18:00-08:00"}, "written as 08:00-16:30"),
        ({"hours_sun": SCRIPT}, "written as 08:00-16:30"),
        ({"due_urgent": "0"}, "1 to 10080"),
        ({"due_urgent": "-5"}, "1 to 10080"),
        ({"retention": "9" * 50}, "1 to 3650 days"),
        ({"retention": ""}, "1 to 3650 days"),
        ({"countries.<b>": "1"}, "from the lists"),
    ],
)
async def test_a_helpline_that_cannot_be_is_refused_and_the_form_stays(
    stage: Stage, admin: Visit, fields: dict[str, str], said: str
) -> None:
    await admin.open("/admin/helplines?new=1")
    good = {"code": "gh-line", "name": "Ghana line", "zone": "Africa/Accra", "retention": "90"}
    page = await admin.press("/admin/helplines", **{**good, **fields})
    assert admin.page.status_code == 422
    assert said in page
    assert SCRIPT not in page
    assert 'value="90"' in page or "retention" in fields
    assert {line.code for line in await stage.store.helplines.all()} == {DEFAULT, "py-fono"}


async def test_the_default_helpline_stays_open_for_all(stage: Stage, admin: Visit) -> None:
    page = await admin.open("/admin/helplines?code=default")
    assert "hours_mon" not in page
    page = await admin.press(
        "/admin/helplines", name="Night line", zone="UTC", retention="365", hours_mon="08:00-09:00"
    )
    assert "takes everything, always" in page
    assert not (await stage.store.helplines.by_code(DEFAULT)).hours.week


async def test_an_administrator_of_one_helpline_sees_and_makes_no_other(stage: Stage, outside: Visit) -> None:
    page = await outside.open("/admin/helplines")
    assert "Fono Ayuda" in page
    assert "/admin/helplines?new=1" not in page
    for path in ("/admin/helplines?code=default", "/admin/helplines?new=1", "/admin/alerts?code=default"):
        assert (await outside.client.get(path)).status_code == 404, path
    token = outside.form("/sign-out")["csrf"]
    form = {"csrf": token, "token": "t", "name": "Mine", "zone": "UTC", "retention": "1"}
    for fields in ({"known": DEFAULT}, {"code": "mine"}, {"known": "nowhere"}):
        answer = await outside.post("/admin/helplines", {**form, **fields})
        assert answer.status_code == 404, fields
    assert (await stage.store.helplines.by_code(DEFAULT)).name != "Mine"


# ---- alerts


async def test_receivers_are_set_tested_and_shown_with_their_secret(stage: Stage, admin: Visit) -> None:
    await admin.open("/admin/alerts")
    page = await admin.press(
        "/admin/alerts",
        email="night@example.org\n\nday@example.org",
        telegram="-1009876543210",
        webhooks="https://cases.example.org/amparo",
        language="fr",
    )
    assert "Saved" in page
    assert "whsec_" in page
    kept = await stage.store.service.receivers(await stage.member("admin"), DEFAULT)
    assert [one.address for one in kept.of("email")] == ["night@example.org", "day@example.org"]
    page = await admin.press("/admin/alerts/test")
    assert "The test is on its way" in page
    assert page.count("On its way") >= 4
    assert (await noted(stage, "receivers_tested"))[0][0] == "admin"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody"}, "no e-mail address"),
        ({"email": SCRIPT}, "no e-mail address"),
        ({"telegram": "@group"}, "Telegram group is its number"),
        ({"webhooks": "http://cases.example.org"}, "begins with https"),
        ({"webhooks": "https://me:secret@example.org"}, "begins with https"),
        ({"webhooks": "https://127.0.0.1/x"}, "own network"),
        ({"email": "\n".join(f"n{i}@example.org" for i in range(5000))}, "At most 20"),
        ({"language": "xx"}, "At most 20"),
    ],
)
async def test_receivers_that_cannot_be_are_refused_and_the_form_stays(
    stage: Stage, admin: Visit, fields: dict[str, str], said: str
) -> None:
    await admin.open("/admin/alerts")
    page = await admin.press("/admin/alerts", **{"language": "fr", "telegram": "-1009", **fields})
    assert admin.page.status_code == 422
    assert said in page
    assert SCRIPT not in page
    assert "-1009" in page or "telegram" in fields
    kept = await stage.store.service.receivers(await stage.member("admin"), DEFAULT)
    assert [one.address for one in kept.of("email")] == ["lead@example.org"]


async def test_without_receivers_the_page_warns(stage: Stage, admin: Visit) -> None:
    page = await admin.open("/admin/alerts?code=py-fono")
    assert "Nobody is told outside of the console yet" in page
    assert "/admin/alerts/test" not in page
    await stage.opens(1, Case("x"))
    token = admin.form("/sign-out")["csrf"]
    answer = await admin.post("/admin/alerts/test", {"csrf": token, "token": "t", "code": "nowhere"})
    assert answer.status_code == 404


# ---- ready texts


async def test_a_ready_text_is_made_changed_and_never_overwritten_unseen(stage: Stage, admin: Visit) -> None:
    page = await admin.open("/admin/texts?code=still-here&language=fr")
    page = await admin.press(
        "/admin/texts", code="still-here", language="fr", text="Je suis là.", active="1", topic="abuse"
    )
    assert "Last changed" in page
    before = admin.form("/admin/texts")
    await admin.press("/admin/texts", text="Je suis encore là.", active="1")
    page = await admin.press("/admin/texts", **before, text="Mine <b>too</b>", active="1")
    assert admin.page.status_code == 422
    assert "Somebody else changed this text" in page
    assert "Mine &lt;b&gt;too&lt;/b&gt;" in page
    found = await stage.store.service.canned(await stage.member("ana"), "fr")
    assert [(item.text, item.topic) for item in found] == [("Je suis encore là.", "")]
    assert (await noted(stage, "text_kept"))[0] == ("admin", "text=still-here language=fr")


async def test_what_a_text_says_is_written_beside_it_and_seen_before_it_is_sent(
    stage: Stage, admin: Visit
) -> None:
    text = "/admin/texts?code=still-here&language=es"
    assert "Nobody has written yet what this version says" in await admin.open(text)
    stale = admin.form("/admin/texts/back")
    page = await admin.press("/admin/texts/back", into="en", text="I am <b>still</b> here.")
    assert "In English, by" in page
    assert "I am &lt;b&gt;still&lt;/b&gt; here." in page
    assert (await noted(stage, "text_read_back"))[0] == ("admin", "text=still-here language=es into=en")
    reference = await stage.opens(1, Case("x"))
    await stage.store.service.claim(await stage.member("ana"), reference)
    ana = Visit(stage.app)
    await ana.sign_in("ana")
    page = await ana.open(f"/cases/{reference}")
    assert "What it says, in English" in page
    # Seen without a press, and only the text itself is what the script puts into the answer.
    assert '<details open><summary>still-here</summary><p class="words" dir="auto" data-ready>Sigo' in page
    assert "data-ready>I am" not in page
    assert "I am &lt;b&gt;still&lt;/b&gt; here." in page
    await admin.press("/admin/texts", text="Aquí estoy.", active="1")
    assert "for an earlier version of the text" in await admin.open(text)
    page = await admin.press("/admin/texts/back", **{**stale, "into": "en", "text": "Mine too"})
    assert admin.page.status_code == 422
    assert "Somebody else changed this text" in page
    assert "Mine too" in page
    page = await ana.open(f"/cases/{reference}")
    assert "I am &lt;b&gt;still&lt;/b&gt; here." not in page
    assert "Nobody has written what this version says" in page
    await ana.close()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "empty or longer than 3500"),
        ({"text": "z" * 100_000}, "empty or longer than 3500"),
        ({"code": "Not good!"}, "small letters, digits"),
        ({"code": ""}, "small letters, digits"),
        ({"language": "xx"}, "language from the list"),
        ({"topic": "'; DROP"}, "topic from the list"),
        ({"code": "still-here"}, "taken already"),
    ],
)
async def test_a_ready_text_that_cannot_be_is_refused_and_stays_in_the_form(
    stage: Stage, admin: Visit, fields: dict[str, str], said: str
) -> None:
    await admin.open("/admin/texts")
    page = await admin.press("/admin/texts", **{"code": "new", "language": "en", "text": "Words.", **fields})
    assert admin.page.status_code == 422
    assert said in page
    assert (fields.get("text") or "Words.") in page or not fields.get("text", "x")
    assert len(await stage.store.service.canned(await stage.member("admin"))) == 2


async def test_texts_of_another_helpline_are_not_seen(outside: Visit) -> None:
    assert "still-here" not in await outside.open("/admin/texts")


# ---- keys and content


async def test_the_age_of_the_keys_and_the_state_of_the_content(stage: Stage, admin: Visit) -> None:
    page = await admin.open("/admin/installation")
    assert "The keys are in order" in page
    assert "0 days" in page
    stage.clock.advance(days=400)
    await admin.sign_in("admin")
    page = await admin.open("/admin/installation")
    assert "more than a year old" in page
    await stage.store.rotation.run()
    assert "The keys are in order" in await admin.open("/admin/installation")


async def test_a_refused_edit_of_the_content_is_named(stage: Stage, admin: Visit) -> None:
    problem = ContentProblem("responses/es/safety.yml", 7, "a <number> stands in a sentence")
    state = ContentState(stage.clock.now(), (problem,))
    stage.app.state.parts = replace(stage.app.state.parts, content=lambda: state)
    page = await admin.open("/admin/installation")
    assert "responses/es/safety.yml:7" in page
    assert "a &lt;number&gt; stands" in page
    assert "is not in use" in page
