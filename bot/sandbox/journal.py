"""What changed: rows to store, and news for whoever watches. The rules write here and know neither."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.sandbox.text import Json


@dataclass(frozen=True, slots=True)
class Change:
    """A stored value, or its removal where ``value`` is None. ``kind`` and ``key`` name it."""

    kind: str
    key: str
    value: Json | None


@dataclass(slots=True)
class Journal:
    """Collects until the hub has stored the changes and told the news."""

    changes: list[Change] = field(default_factory=list)
    news: list[Json] = field(default_factory=list)

    def keep(self, kind: str, key: object, value: Json) -> None:
        self.changes.append(Change(kind, str(key), value))

    def drop(self, kind: str, key: object) -> None:
        self.changes.append(Change(kind, str(key), None))

    def tell(self, kind: str, **fields: object) -> None:
        self.news.append({"kind": kind, **fields})
