"""Alerts: who is told outside of the console that something happened, never with words of people.

An alert is a row for each receiver, written in the transaction of what happened and sent afterwards by
`bot.helpline.alert_sender`, with retries. What a helpline wants is set in its ``alerts``:

    {"webhooks": [{"url": "https://…", "key": "3f9a…"}], "email": ["lead@…"], "telegram": [-100123],
     "language": "es"}

A webhook hears of everything that happens to a case; people are called only for what cannot wait.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, insert, select

from bot.core.taxonomy import Priority
from bot.helpline.casefile import CaseFile
from bot.helpline.tables import helplines
from bot.helpline.work_tables import alerts

CALLS = frozenset({"emergency", "overdue", "overdue_again", "lapsed", "help_asked", "closed_alone"})
"""What people are called for by e-mail and in the staff's Telegram group."""

QUIET = frozenset({"delivery", "draft"})
"""What happens too often to be worth a webhook."""

LANGUAGES = ("es", "en", "fr")
MOST_RECEIVERS = 20
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Receivers:
    """Whom a helpline's alerts go to. Each webhook is an address with the name of its signing key."""

    webhooks: tuple[tuple[str, str], ...] = ()
    email: tuple[str, ...] = ()
    telegram: tuple[int, ...] = ()
    language: str = "en"

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the helpline."""
        return {
            "webhooks": [{"url": url, "key": key} for url, key in self.webhooks],
            "email": list(self.email),
            "telegram": list(self.telegram),
            "language": self.language,
        }


def receivers_of(kept: Mapping[str, Any]) -> Receivers:
    """What is kept with a helpline. What cannot be read is left out: an alert to the others must go."""
    hooks = [item for item in _items(kept, "webhooks") if isinstance(item, Mapping)]
    language = kept.get("language")
    return Receivers(
        webhooks=tuple((str(item.get("url", "")), str(item.get("key", ""))) for item in hooks),
        email=tuple(item for item in _items(kept, "email") if isinstance(item, str)),
        telegram=tuple(item for item in _items(kept, "telegram") if isinstance(item, int)),
        language=language if language in LANGUAGES else "en",
    )


def _items(kept: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = kept.get(name)
    return found if isinstance(found, list) else ()


def checked(
    urls: Iterable[str], email: Iterable[str], telegram: Iterable[str], language: str, before: Receivers
) -> Receivers:
    """Receivers as an administrator writes them; a webhook that was there keeps its key.

    Raises ValueError that says what is wrong.
    """
    keys = dict(before.webhooks)
    hooks = tuple((url, keys.get(url) or secrets.token_hex(8)) for url in map(_checked_url, _lines(urls)))
    addresses = tuple(_lines(email))
    if not all(_EMAIL.fullmatch(address) for address in addresses):
        raise ValueError("an e-mail address is written as name@example.org")
    groups = tuple(_lines(telegram))
    if not all(re.fullmatch(r"-?[0-9]{1,18}", group) for group in groups):
        raise ValueError("a Telegram group is its number, such as -1001234567890")
    if max(len(hooks), len(addresses), len(groups)) > MOST_RECEIVERS or language not in LANGUAGES:
        raise ValueError(f"at most {MOST_RECEIVERS} receivers of a kind, in {', '.join(LANGUAGES)}")
    return Receivers(hooks, addresses, tuple(int(group) for group in groups), language)


def _lines(written: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in written if line.strip()))


def _checked_url(url: str) -> str:
    """Only https leaves the machine: who listens on the way must not learn that an emergency came."""
    parts = urlsplit(url)
    own = parts.scheme == "http" and parts.hostname in _HERE
    plain = url.isascii() and url.isprintable() and " " not in url
    if (
        len(url) > 400
        or not plain
        or not parts.hostname
        or parts.username
        or not (parts.scheme == "https" or own)
    ):
        raise ValueError("a webhook is an address that begins with https:// and holds no password")
    return url


def post(connection: Connection, case: CaseFile, happened: Sequence[str], now: datetime) -> None:
    """Write down whom to tell of what happened to a case."""
    if case.helpline_id is None:
        return
    kept = connection.execute(_KEPT, {"b_id": case.helpline_id}).one_or_none()
    if kept is None or not kept.alerts:
        return
    receivers, rows = receivers_of(kept.alerts), list[dict[str, Any]]()
    for what in happened:
        for channel, target in _targets(receivers, _call(what, case)):
            content = {**_content(case), "helpline": kept.code}
            rows.append(
                _row(case, what if channel == "webhook" else _call(what, case), channel, target, content)
            )
    if rows:
        times = {"attempts": 0, "state": "queued", "created_at": now, "due_at": now}
        connection.execute(insert(alerts), [{**row, **times} for row in rows])


_KEPT = select(helplines.c.alerts, helplines.c.code).where(helplines.c.id == bindparam("b_id"))


def _call(what: str, case: CaseFile) -> str:
    """What people are called for; a new or raised emergency has a name of its own."""
    if what in ("opened", "raised", "reopened") and case.priority is Priority.EMERGENCY:
        return "emergency"
    return what


def _targets(receivers: Receivers, what: str) -> Iterable[tuple[str, str]]:
    if what not in QUIET:
        yield from (("webhook", url) for url, _ in receivers.webhooks)
    if what in CALLS:
        yield from (("email", address) for address in receivers.email)
        yield from (("telegram", str(group)) for group in receivers.telegram)


def _content(case: CaseFile) -> dict[str, Any]:
    """Codes and times only."""
    return {
        "case": case.reference,
        "priority": case.priority.name.lower(),
        "state": case.state.value,
        "flags": list(case.flags),
        "topic": case.intent,
        "language": case.audience.language,
        "country": case.audience.country,
        "due_at": case.due_at.isoformat(),
        "outcome": case.outcome,
    }


def _row(case: CaseFile, event: str, channel: str, target: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "helpline_id": case.helpline_id,
        "case_id": case.id,
        "event": event,
        "channel": channel,
        "target": target,
        "content": content,
    }
