"""Signing in through an OpenID Connect provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

The provider vouches for who somebody is; which account that is, and whether it may come in, is decided here.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.core.ports import Clock
from bot.errors import SignInRefused

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""

LONGEST_ANSWER = 256 * 1024
_STRONG = frozenset({"mfa", "otp", "hwk", "swk", "fpt", "face", "sc"})
"""Ways of signing in (RFC 8176) that make a code of ours unneeded."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """``issuer`` is its address, ``name`` what the sign-in page calls it, ``back`` where it sends people back."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    back: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser keeps while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. ``email`` is empty unless it was verified."""

    subject: str
    email: str
    second_factor: bool


class Provider:
    """An OpenID Connect provider. ``transport`` stands in for the network in tests."""

    def __init__(
        self, settings: ProviderSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._transport = transport

    async def begin(self) -> tuple[str, Ticket]:
        """Where to send somebody, and what his or her browser keeps. Raises `SignInRefused`."""
        ticket = Ticket(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        async with self._client() as client:
            found = await self._document(client)
        digest = hashlib.sha256(ticket.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.back,
            "scope": "openid email",
            "state": ticket.state,
            "nonce": ticket.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{_address(found, 'authorization_endpoint')}?{urlencode(query)}", ticket

    async def finish(self, code: str, ticket: Ticket) -> Identity:
        """Whom a code stands for. Raises `SignInRefused` for whatever does not fit."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.back,
            "code_verifier": ticket.verifier,
        }
        async with self._client() as client:
            found = await self._document(client)
            auth = (self.settings.client_id, self.settings.client_secret)
            given = await _json(
                client.build_request("POST", _address(found, "token_endpoint"), data=asked), client, auth
            )
            keys = await _json(client.build_request("GET", _address(found, "jwks_uri")), client)
        claims = self._claims(str(given.get("id_token", "")), keys, ticket.nonce)
        verified = claims.get("email_verified") is True
        ways = claims.get("amr")
        return Identity(
            subject=str(claims["sub"]),
            email=str(claims.get("email", "")) if verified else "",
            second_factor=isinstance(ways, list) and bool(_STRONG & {str(way) for way in ways}),
        )

    def _claims(self, token: str, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            made = jwt.decode(token, KeySet.import_key_set({"keys": list(keys["keys"])}), ALGORITHMS)
            registry.validate(made.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SignInRefused from error
        return made.claims

    async def _document(self, client: httpx.AsyncClient) -> Mapping[str, Any]:
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await _json(client.build_request("GET", address), client)
        if found.get("issuer") != self.settings.issuer:
            raise SignInRefused
        return found

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._transport, timeout=10, follow_redirects=False)


async def _json(
    request: httpx.Request, client: httpx.AsyncClient, auth: tuple[str, str] | None = None
) -> Mapping[str, Any]:
    try:
        answer = await client.send(request, auth=auth or httpx.USE_CLIENT_DEFAULT)
        if answer.status_code != 200 or len(answer.content) > LONGEST_ANSWER:
            raise SignInRefused
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SignInRefused from error
    if not isinstance(found, dict):
        raise SignInRefused
    return found


def _address(found: Mapping[str, Any], name: str) -> str:
    address = str(found.get(name, ""))
    if not address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise SignInRefused
    return address
