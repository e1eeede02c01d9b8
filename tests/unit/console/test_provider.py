"""Signing in through an OpenID Connect provider, against one that speaks the protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.console.provider import Provider, ProviderSettings
from bot.errors import SettingsError
from bot.settings import read_settings
from bot.wiring.run import provider_of
from tests.clock import FixedClock
from tests.unit.console.stage import HOST, PASSWORD, Stage, Visit, open_stage

ISSUER = "https://id.example.org"
SECRET = "the client's secret"
BACK = f"{HOST}/sign-in/provider/back"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER = RSAKey.generate_key(2048, {"kid": "k1"})


@dataclass
class FakeProvider:
    """Discovery, keys and token endpoint; checks client, code and PKCE as a real one does."""

    clock: FixedClock
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "k1"})
    issuer: str = ISSUER
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> str:
        """What the person's browser does at the provider: the address it is sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["redirect_uri"] == BACK
        assert query["code_challenge_method"] == "S256"
        code = f"code{len(self.codes)}"
        self.codes[code] = query
        return f"/sign-in/provider/back?code={code}&state={query['state']}"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("away")
        match request.url.path:
            case "/.well-known/openid-configuration":
                places = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
                found = {name: f"{ISSUER}/{place}" for name, place in places.items()}
                return httpx.Response(200, json={"issuer": self.issuer, **found})
            case "/keys":
                return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
            case "/token":
                return self._token(request)
        return httpx.Response(404)

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        basic = base64.b64encode(f"console:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = (
            asked is not None
            and asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        )
        if request.headers["authorization"] != f"Basic {basic}" or asked is None or not fits:
            return httpx.Response(400, json={"error": "invalid_grant"})
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": "console",
            "sub": "s1",
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "email": "Ana@line.org",
            "email_verified": True,
            **self.claims,
        }
        token = jwt.encode(self.header, {k: v for k, v in claims.items() if v is not None}, self.key)
        return httpx.Response(200, json={"id_token": token, "access_token": "a", "token_type": "Bearer"})


@dataclass
class Scene:
    stage: Stage
    fake: FakeProvider
    browser: Visit

    async def sign_in_anew(self) -> str:
        """As `sign_in`, in a browser that nobody is signed in with."""
        self.browser.client.cookies.clear()
        return await self.sign_in()

    async def sign_in(self) -> str:
        """Through the provider and back; the page one lands on."""
        await self.browser.open("/sign-in")
        assert 'href="/sign-in/provider?next=/"' in self.browser.page.text
        left = await self.browser.client.get("/sign-in/provider?next=/help")
        assert left.status_code == 303
        if not left.headers["location"].startswith(ISSUER):
            return await self.browser.open(left.headers["location"])
        return await self.browser.open(self.fake.authorize(left.headers["location"]))


@pytest.fixture
async def scene(tmp_path: Path, sqlite_template: Path, fixed_clock: FixedClock) -> AsyncIterator[Scene]:
    path = tmp_path / "provider.db"
    shutil.copy(sqlite_template, path)
    fake = FakeProvider(fixed_clock)
    settings = ProviderSettings(ISSUER, "console", SECRET, "Line ID", BACK)
    provider = Provider(settings, fixed_clock, httpx.MockTransport(fake))
    stage = await open_stage(path, fixed_clock, waive_codes=False, provider=provider)
    await stage.world.accounts.add("ana@line.org", "Ana", PASSWORD)
    browser = Visit(stage.app)
    yield Scene(stage, fake, browser)
    await browser.close()
    await stage.store.close()


async def test_whoever_signed_in_there_with_two_factors_is_in(scene: Scene) -> None:
    scene.fake.claims = {"amr": ["pwd", "mfa"]}
    page = await scene.sign_in()
    assert "You are signed in" in page
    assert (
        'href="/help"' in page
    )  # a click of one's own: the cookie would not go with a redirect from elsewhere
    assert "Signed in as Ana" in await scene.browser.open("/queue")


async def test_a_code_of_ours_is_asked_where_the_provider_asked_for_none(scene: Scene) -> None:
    page = await scene.sign_in()
    assert "Set up one-time codes" in page
    assert "Sign in" in await scene.browser.open("/queue")
    page = await scene.sign_in()
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    await scene.browser.press("/sign-in/enrol", code=pyotp.TOTP(secret).at(scene.stage.clock.now()))
    assert "Signed in as Ana" in await scene.browser.open("/queue")
    await scene.browser.press("/sign-out")
    scene.stage.clock.advance(seconds=60)
    assert "One more step" in await scene.sign_in()


async def test_an_account_is_bound_the_first_time(scene: Scene) -> None:
    scene.fake.claims = {"amr": ["mfa"]}
    await scene.sign_in()
    scene.fake.claims = {"amr": ["mfa"], "email": "new@line.org"}
    assert "You are signed in" in await scene.sign_in_anew()  # another address, the same person
    scene.fake.claims = {"amr": ["mfa"], "sub": "s2"}
    assert "did not work" in await scene.sign_in_anew()  # somebody else with the address of before


UNFIT: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "for another client": {"aud": "other"},
    "for another sign-in": {"nonce": "other"},
    "no nonce": {"nonce": None},
    "too old": {"exp": 1},
    "of the future": {"iat": 4_000_000_000},
    "unverified address": {"email_verified": False},
    "no address": {"email": None},
    "an unknown address": {"email": "nobody@line.org"},
}


@pytest.mark.parametrize("why", UNFIT)
async def test_what_does_not_fit_is_refused(scene: Scene, why: str) -> None:
    scene.fake.claims = {"amr": ["mfa"], **UNFIT[why]}
    assert "Signing in there did not work" in await scene.sign_in()
    assert "Sign in" in await scene.browser.open("/queue")


@pytest.mark.parametrize("how", ["another key", "no signature", "provider away", "another provider"])
async def test_a_forged_or_missing_answer_is_refused(scene: Scene, how: str) -> None:
    scene.fake.claims = {"amr": ["mfa"]}
    match how:
        case "another key":
            scene.fake.key = OTHER
        case "no signature":
            scene.fake._token = unsigned  # type: ignore[method-assign]
        case "provider away":
            scene.fake.down = True
        case "another provider":
            scene.fake.issuer = "https://evil.example"
    assert "Signing in there did not work" in await scene.sign_in()


def unsigned(request: httpx.Request) -> httpx.Response:
    """An id token with the algorithm none."""
    parts = [{"alg": "none"}, {"sub": "s1", "iss": ISSUER, "aud": "console", "exp": 4_000_000_000, "iat": 1}]
    token = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )
    return httpx.Response(200, json={"id_token": token + "."})


async def test_the_way_back_belongs_to_the_browser_that_left(scene: Scene) -> None:
    scene.fake.claims = {"amr": ["mfa"]}
    left = await scene.browser.client.get("/sign-in/provider")
    back = scene.fake.authorize(left.headers["location"])
    other = Visit(scene.stage.app)
    assert "did not work" in await other.open(back)
    assert "did not work" in await scene.browser.open(back.replace("state=", "state=x"))
    await other.close()


async def test_without_a_provider_there_is_no_such_way(stage: Stage, visit: Visit) -> None:
    assert (await visit.client.get("/sign-in/provider")).status_code == 404
    assert "/sign-in/provider" not in await visit.open("/sign-in")


def test_half_a_setting_is_said(fixed_clock: FixedClock) -> None:
    assert provider_of(read_settings(), fixed_clock) is None
    with pytest.raises(SettingsError, match="OIDC_CLIENT_ID"):
        provider_of(read_settings(oidc_issuer=ISSUER), fixed_clock)
    with pytest.raises(SettingsError, match="https"):
        read_settings(oidc_issuer="http://id.example.org")
