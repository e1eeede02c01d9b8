"""Whom a helpline's alerts go to: addresses as an administrator writes them, kept encrypted.

An address of a webhook may hold a secret, and the others are contact data of the staff. Each webhook has
a secret of its own, with which its messages are signed (`bot.helpline.webhooks`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, delete, insert, select

from bot.errors import KeyringError, WrongField
from bot.helpline import places
from bot.helpline.crypto import Keyring
from bot.helpline.webhooks import is_public, new_secret
from bot.helpline.work_tables import alert_receivers

log = structlog.get_logger()

CHANNELS = ("webhook", "email", "telegram")
LANGUAGES = ("es", "en", "fr")
MOST_RECEIVERS = 20
_LONGEST = 400
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_GROUP = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Receivers as an administrator writes them, one a line, and the language of what people get."""

    webhooks: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    telegram: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Receiver:
    """One of them. ``secret`` signs the messages of a webhook; others have none."""

    id: int
    channel: str
    address: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Receivers:
    """All of a helpline, and the language of what people get."""

    every: tuple[Receiver, ...] = ()
    language: str = "en"

    def of(self, channel: str) -> tuple[Receiver, ...]:
        """Those of webhook, email or telegram."""
        return tuple(one for one in self.every if one.channel == channel)

    def as_wanted(self) -> Wanted:
        """As they would be written, to change a part of them."""
        lines = {channel: tuple(one.address for one in self.of(channel)) for channel in CHANNELS}
        return Wanted(lines["webhook"], lines["email"], lines["telegram"], self.language)


def checked(wanted: Wanted, *, inside: bool = False) -> Wanted:
    """Receivers with what is written twice or blank taken out.

    Webhooks begin with https://; ``inside`` allows http and addresses of one's own network too. Names
    are looked up when something is sent, and refused then where they lead inside.

    Raises `WrongField` that says what is wrong.
    """
    hooks = tuple(_checked_url(line, inside) for line in _lines(wanted.webhooks))
    email, groups = _lines(wanted.email), _lines(wanted.telegram)
    if not all(_EMAIL.fullmatch(address) for address in email):
        raise WrongField("email", "an e-mail address is written as name@example.org")
    if not all(_GROUP.fullmatch(group) for group in groups):
        raise WrongField("telegram", "a Telegram group is its number, such as -1001234567890")
    if max(len(hooks), len(email), len(groups)) > MOST_RECEIVERS or wanted.language not in LANGUAGES:
        raise WrongField(
            "receivers", f"at most {MOST_RECEIVERS} receivers of a kind, in {', '.join(LANGUAGES)}"
        )
    return Wanted(hooks, email, groups, wanted.language)


def _lines(written: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in written if line.strip()))


def _checked_url(url: str, inside: bool) -> str:
    """Who listens on the way must not learn that an emergency came, so only https leaves the machine."""
    plain = len(url) <= _LONGEST and url.isascii() and url.isprintable() and " " not in url
    try:
        parts = urlsplit(url)
        port_is_right = parts.port != 0
    except ValueError:
        plain = False
    if not plain or not port_is_right or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise WrongField(
            "webhooks", "a webhook is an address such as https://example.org/alerts, without a password"
        )
    if parts.scheme != "https" and not (inside and parts.scheme == "http"):
        raise WrongField("webhooks", "a webhook's address begins with https://")
    if not inside and _is_inside(parts.hostname):
        raise WrongField("inside", "a webhook cannot lead into the server's own network")
    return url


def _is_inside(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def kept(connection: Connection, keyring: Keyring, helpline_id: int) -> tuple[Receiver, ...]:
    """Receivers of a helpline in the order in which they came; what no key opens is left out."""
    mine = select(alert_receivers).where(alert_receivers.c.helpline_id == helpline_id)
    found = [opened(keyring, row) for row in connection.execute(mine.order_by(alert_receivers.c.id))]
    return tuple(one for one in found if one is not None)


def opened(keyring: Keyring, row: Any) -> Receiver | None:
    """A receiver from its row; None where no key of the ring opens it."""
    try:
        content = keyring.decrypt(row.sealed, places.alert_receiver(row.token))
    except KeyringError:
        log.error("receiver_unreadable", receiver=row.id)
        return None
    return Receiver(row.id, row.channel, content["to"], content.get("key", ""))


def keep(connection: Connection, keyring: Keyring, helpline_id: int, wanted: Wanted, now: datetime) -> None:
    """Set the receivers of a helpline, as `checked`; one that was there before keeps its secret."""
    before = kept(connection, keyring, helpline_id)
    lines = [
        *(("webhook", address) for address in wanted.webhooks),
        *(("email", address) for address in wanted.email),
        *(("telegram", address) for address in wanted.telegram),
    ]
    stays = [one.id for one in before if (one.channel, one.address) in lines]
    mine = delete(alert_receivers).where(alert_receivers.c.helpline_id == helpline_id)
    connection.execute(mine.where(alert_receivers.c.id.not_in(stays)))
    there = {(one.channel, one.address) for one in before}
    _add(connection, keyring, helpline_id, [line for line in lines if line not in there], now)


def _add(
    connection: Connection,
    keyring: Keyring,
    helpline_id: int,
    lines: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    for channel, address in lines:
        token = secrets.token_hex(16)
        content = {"to": address, **({"key": new_secret()} if channel == "webhook" else {})}
        row = {
            "helpline_id": helpline_id,
            "channel": channel,
            "token": token,
            "sealed": keyring.encrypt(content, places.alert_receiver(token)),
            "created_at": now,
        }
        connection.execute(insert(alert_receivers), row)
