"""What a transaction notes for the audit trail, kept with its connection until the commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

_KEY = "amparo_trail"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, when, to which case. ``detail`` holds names and numbers, never words of people."""

    at: datetime
    case_id: int | None
    staff_id: int | None
    what: str
    detail: str = ""


def note(connection: Connection, entry: Entry) -> None:
    """Note an entry; it is written with the transaction, or not at all."""
    connection.info.setdefault(_KEY, []).append(entry)


def take(connection: Connection) -> list[Entry]:
    """What was noted so far; it is then noted no longer."""
    entries: list[Entry] = connection.info.pop(_KEY, [])
    return entries


def forget(connection: Connection) -> None:
    """A transaction begins: what an undone one left behind is gone."""
    connection.info.pop(_KEY, None)
