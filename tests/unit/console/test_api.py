"""The API: a helpline's own system does a whole shift by it, within its scopes, and never sees more."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.console.api import Rates, create_api
from bot.core.access import SCOPES
from bot.core.taxonomy import Priority
from bot.helpline.alerts import EVENTS
from bot.helpline.helplines import HelplineForm
from tests.unit.console.stage import HOST, PASSWORD, Case, Stage

ALL = tuple(SCOPES)
REPLY = {"text": "We are here.", "seen": 2**40, "token": "t1"}


class Program:
    """A program with a token."""

    def __init__(self, stage: Stage, token: str = "") -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=stage.app)
        self.client = httpx.AsyncClient(transport=transport, base_url=f"{HOST}/api/v1", headers=headers)

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.client.post(path, json=body)


async def program(stage: Stage, *scopes: str, login: str = "ana") -> Program:
    return Program(stage, await stage.store.tokens.make(login, "case system", scopes or ALL))


@pytest.fixture
async def ana_program(stage: Stage) -> AsyncIterator[Program]:
    made = await program(stage)
    yield made
    await made.client.aclose()


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_whole_shift(stage: Stage, ana_program: Program) -> None:
    reference = await stage.opens(1, Case("he hit me", priority=Priority.EMERGENCY))
    listed = (await ana_program.get("/cases")).json()
    assert [row["reference"] for row in listed["cases"]] == [reference]
    assert listed["open"] == {"emergency": 1, "urgent": 0, "routine": 0}
    assert "hit" not in str(listed)
    assert (await ana_program.post("/cases/next")).json() == {"reference": reference}
    read = (await ana_program.get(f"/cases/{reference.lower()}")).json()
    assert "he hit me" in [line["text"] for line in read["lines"]]
    body = {"text": "We are here.", "seen": read["last_line"], "token": "t1"}
    sent = await ana_program.post(f"/cases/{reference}/replies", body)
    assert sent.status_code == 201
    assert (await ana_program.post(f"/cases/{reference}/replies", body)).json() == sent.json()
    assert (await ana_program.post(f"/cases/{reference}/notes", {"text": "called"})).status_code == 201
    done = await ana_program.post(
        f"/cases/{reference}/close",
        {"outcome": "supported", "tell": False, "alone": True, "note": "nobody else is here"},
    )
    assert done.status_code == 200
    assert [row["state"] for row in (await ana_program.get("/cases", view="closed")).json()["cases"]] == [
        "closed"
    ]
    assert sum("We are here" in text for _, text in await stage.world.deliver()) == 1


async def test_every_look_and_change_is_in_the_trail(stage: Stage, ana_program: Program) -> None:
    reference = await stage.opens(1, Case("help"))
    await ana_program.get(f"/cases/{reference}")
    await ana_program.post(f"/cases/{reference}/claim")
    auditor = await stage.world.accounts.add("aud", "Aud", PASSWORD, "auditor")
    rows = (await stage.store.audit.page(auditor, reference=reference)).rows
    assert [(row.what, row.login) for row in rows] == [("claimed", "ana"), ("viewed", "ana"), ("opened", "")]


async def test_pages_follow_each_other(stage: Stage, ana_program: Program) -> None:
    references = [await stage.opens(chat, Case("help")) for chat in (1, 2, 3)]
    first = (await ana_program.get("/cases", limit=2)).json()
    second = (await ana_program.get("/cases", limit=2, after=first["next"])).json()
    assert [row["reference"] for row in [*first["cases"], *second["cases"]]] == references
    assert second["next"] is None


CALLS = [
    ("GET", "/cases", "cases:read"),
    ("GET", "/cases/{}", "cases:read"),
    ("POST", "/cases/next", "cases:write"),
    ("POST", "/cases/{}/claim", "cases:write"),
    ("POST", "/cases/{}/release", "cases:write"),
    ("POST", "/cases/{}/notes", "cases:write"),
    ("POST", "/cases/{}/priority", "cases:write"),
    ("POST", "/cases/{}/replies", "cases:write"),
    ("POST", "/cases/{}/close", "cases:write"),
    ("GET", "/statistics", "statistics:read"),
    ("GET", "/metrics", "statistics:read"),
]
BODIES = {
    "release": {"note": "x"},
    "notes": {"text": "x"},
    "priority": {"priority": "emergency", "note": "x"},
    "replies": REPLY,
    "close": {"outcome": "supported", "tell": False},
}


async def call(who: Program, method: str, path: str, reference: str) -> httpx.Response:
    path = path.format(reference)
    return await (who.get(path) if method == "GET" else who.post(path, BODIES.get(path.rpartition("/")[2])))


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
async def test_a_call_takes_its_scope_and_the_role(stage: Stage, method: str, path: str, scope: str) -> None:
    reference = await stage.opens(1, Case("help"))
    await stage.world.accounts.add("sup", "Sup", PASSWORD, "supervisor")
    await stage.world.accounts.add("aud", "Aud", PASSWORD, "administrator")
    others = [name for name in SCOPES if name != scope]
    assert code(await call(await program(stage, *others, login="sup"), method, path, reference)) == (
        403,
        "not_allowed",
    )
    answer = await call(await program(stage, scope, login="sup"), method, path, reference)
    assert answer.status_code in (200, 201, 409)
    if scope != "statistics:read":
        weak = await program(stage, scope, login="aud")
        assert code(await call(weak, method, path, reference)) == (403, "not_allowed")
    assert code(await call(Program(stage), method, path, reference)) == (401, "no_token")


def test_no_call_is_forgotten(stage: Stage) -> None:
    (api,) = [getattr(r, "app") for r in stage.app.routes if getattr(r, "path", "") == "/api/v1"]  # noqa: B009
    paths = api.openapi()["paths"]
    declared = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert {(m, p.replace("{}", "{reference}")) for m, p, _ in CALLS} | {("GET", "/health")} == declared
    for path, item in paths.items():
        for method, call in item.items():
            asked = [
                scope for need in call.get("security", ()) for scopes in need.values() for scope in scopes
            ]
            wanted = [s for m, p, s in CALLS if (m, p.replace("{}", "{reference}")) == (method.upper(), path)]
            assert asked == wanted or not asked, path


async def test_another_helplines_case_is_not_found(stage: Stage) -> None:
    await stage.store.helplines.add("uno", HelplineForm(name="Uno", countries=["py"]))
    await stage.world.accounts.add("far", "Far", PASSWORD, helpline="uno")
    reference = await stage.opens(1, Case("help"))
    far = await program(stage, login="far")
    assert (await far.get("/cases")).json()["cases"] == []
    for method, path, _ in CALLS:
        if "{}" in path:
            assert code(await call(far, method, path, reference)) == (404, "not_found"), path


@pytest.mark.parametrize("token", ["x", "amparo_", "amparo_" + "A" * 43, "amparo_" + "A" * 5000])
async def test_a_forged_token_is_nobodys(stage: Stage, token: str) -> None:
    assert code(await Program(stage, token).get("/cases")) == (401, "no_token")


async def test_a_token_ends(stage: Stage) -> None:
    made = await program(stage)
    assert (await made.get("/cases")).status_code == 200
    (token,) = await stage.store.tokens.all()
    assert token.used_at is not None
    await stage.world.accounts.set_active("ana", False)
    assert (await made.get("/cases")).status_code == 401
    await stage.world.accounts.set_active("ana", True)
    await stage.store.tokens.revoke(token.id)
    assert (await made.get("/cases")).status_code == 401
    later = await program(stage)
    stage.clock.advance(days=90)
    assert (await later.get("/cases")).status_code == 401


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("", ALL, 90),
        ("x\u202ey", ALL, 90),
        ("x", (), 90),
        ("x", ("all",), 90),
        ("x", ALL, 0),
        ("x", ALL, 4000),
    ],
)
async def test_an_unfit_token_is_not_made(
    stage: Stage, name: str, scopes: tuple[str, ...], days: int
) -> None:
    with pytest.raises(ValueError, match=r"token|scopes"):
        await stage.store.tokens.make("ana", name, scopes, days)
    assert await stage.store.tokens.all() == []


BAD = [
    ("/notes", {"text": ""}),
    ("/notes", {"text": " \n "}),
    ("/notes", {"text": "x" * 100_000}),
    ("/notes", {"text": "x", "extra": 1}),
    ("/notes", ["secret words"]),
    ("/notes", None),
    ("/replies", {**REPLY, "token": "a b"}),
    ("/replies", {**REPLY, "seen": -1}),
    ("/replies", {**REPLY, "text": "😀" * 3000}),
    ("/close", {"outcome": "secret words", "tell": True}),
]


@pytest.mark.parametrize(("path", "body"), BAD)
async def test_bad_bodies_change_nothing_and_are_not_repeated(
    stage: Stage, ana_program: Program, path: str, body: object
) -> None:
    reference = await stage.opens(1, Case("help"))
    await ana_program.post(f"/cases/{reference}/claim")
    before = (await ana_program.get(f"/cases/{reference}")).json()
    answer = await ana_program.post(f"/cases/{reference}{path}", body)
    assert code(answer) == (422, "unacceptable")
    assert "secret" not in answer.text
    assert (await ana_program.get(f"/cases/{reference}")).json() == before


async def test_what_is_no_json_is_said(stage: Stage, ana_program: Program) -> None:
    headers = {"content-type": "application/json"}
    answer = await ana_program.client.post("/cases/AAAA-AAAA/notes", content=b"{", headers=headers)
    assert code(answer) == (400, "no_json")


async def test_a_reply_to_news_or_from_elsewhere_is_refused(stage: Stage, ana_program: Program) -> None:
    reference = await stage.opens(1, Case("help"))
    assert code(await ana_program.post(f"/cases/{reference}/replies", REPLY)) == (409, "conflict")
    await ana_program.post(f"/cases/{reference}/claim")
    await stage.says(1, "more")
    assert code(await ana_program.post(f"/cases/{reference}/replies", {**REPLY, "seen": 0})) == (
        409,
        "outdated",
    )


async def test_unknown_calls_answer_in_json(stage: Stage, ana_program: Program) -> None:
    assert code(await ana_program.get("/nothing")) == (404, "not_found")
    assert code(await ana_program.client.delete("/cases")) == (405, "method")


async def test_a_program_that_calls_too_often_is_told_to_wait(stage: Stage, ana_program: Program) -> None:
    for _ in range(Rates().calls):
        assert (await ana_program.get("/cases/AAAA-AAAA")).status_code == 404
    answer = await ana_program.get("/cases/AAAA-AAAA")
    assert code(answer) == (429, "too_often")
    assert answer.headers["retry-after"] == "60"
    assert (await (await program(stage)).get("/cases")).status_code == 200


async def test_tokens_are_not_guessed(stage: Stage) -> None:
    nobody = Program(stage)
    for _ in range(Rates().refusals):
        assert (await nobody.get("/cases")).status_code == 401
    assert code(await nobody.get("/cases")) == (429, "too_often")


async def test_statistics_are_of_the_own_helpline(stage: Stage) -> None:
    await stage.store.helplines.add("uno", HelplineForm(name="Uno", countries=["py"]))
    for login, line in (("sup", "default"), ("far", "uno")):
        await stage.world.accounts.add(login, login, PASSWORD, "supervisor", helpline=line)
    await stage.opens(1, Case("help", priority=Priority.EMERGENCY))
    stage.clock.advance(minutes=6)
    own = (await (await program(stage, login="sup")).get("/statistics")).json()
    assert (own["open"]["emergency"], own["overdue"], own["opened"], own["states"]["new"]) == (1, 1, 1, 1)
    other = (await (await program(stage, login="far")).get("/statistics")).json()
    assert (other["open"]["emergency"], other["overdue"], other["opened"]) == (0, 0, 0)


async def test_health_needs_no_token_and_the_gate_stands_before_all(stage: Stage) -> None:
    nobody = Program(stage)
    answer = await nobody.get("/health")
    assert answer.json() == {"status": "ok"}
    assert answer.headers["cache-control"] == "no-store"
    assert (await nobody.client.get("/health", headers={"host": "evil.example"})).status_code == 400


async def test_prometheus_reads_the_numbers_of_the_whole_installation(stage: Stage) -> None:
    await stage.opens(1, Case("he hit me", priority=Priority.EMERGENCY))
    await stage.world.accounts.add("sup", "Sup", PASSWORD, "supervisor")
    read = await (await program(stage, "statistics:read", login="sup")).get("/metrics")
    assert read.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(read.text)}
    assert {
        f"amparo_{name}"
        for name in ("inbox_waiting", "alerts_oldest_seconds", "outbox_uncertain", "received_24h")
    } <= set(families)
    assert "amparo_telegram_pending" not in families  # not known is not none
    await stage.store.stats.telegram_holds(7001, 4)
    read = await (await program(stage, "statistics:read", login="sup")).get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(read.text)}
    assert families["amparo_telegram_pending"].samples[0].value == 4
    counted = {one.labels["priority"]: one.value for one in families["amparo_cases_open"].samples}
    assert counted == {"emergency": 1, "urgent": 0, "routine": 0}
    await stage.store.helplines.add("uno", HelplineForm(name="Uno"))
    await stage.world.accounts.add("eva", "Eva", PASSWORD, "supervisor", "uno")
    assert code(await (await program(stage, login="eva")).get("/metrics")) == (403, "not_allowed")
    assert code(await (await program(stage, "cases:read", login="sup")).get("/metrics")) == (
        403,
        "not_allowed",
    )


def test_the_document_names_every_event_that_a_webhook_can_hear_of() -> None:
    document = create_api(None, None, None).openapi()  # type: ignore[arg-type]
    assert set(document["components"]["schemas"]["AlertBody"]["properties"]["type"]["enum"]) == set(EVENTS)
    assert "webhook-signature" in document["info"]["description"]
    assert document["webhooks"]["alert"]["post"]["requestBody"]
