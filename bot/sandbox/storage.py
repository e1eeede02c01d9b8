"""Keeps the stand-in's world in one SQLite file, so that starting again goes on where it was.

Texts are kept as they are, as Telegram itself would: the file is for play with invented people
and is readable by its owner alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.errors import StoreUnavailable
from bot.sandbox.journal import Change
from bot.sandbox.text import Json

Rows = dict[str, list[Json]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, data BLOB NOT NULL);
"""


class Storage(Protocol):
    """Where changes go."""

    def load(self) -> Rows:
        """Stored values by kind."""
        ...

    def save(self, changes: Sequence[Change]) -> None:
        """All of them or none. Raises `StoreUnavailable`."""
        ...

    def save_file(self, file_id: str, data: bytes) -> None: ...

    def file(self, file_id: str) -> bytes | None: ...

    def close(self) -> None: ...


class Memory:
    """Keeps files only, and only as long as the process lives."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def load(self) -> Rows:
        return {}

    def save(self, changes: Sequence[Change]) -> None:
        """The rules hold the values already."""

    def save_file(self, file_id: str, data: bytes) -> None:
        self._files[file_id] = data

    def file(self, file_id: str) -> bytes | None:
        return self._files.get(file_id)

    def close(self) -> None:
        self._files.clear()


class SqliteFile:
    """One file; every save is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the file. Raises `StoreUnavailable`."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"{path.name} cannot be opened as the stand-in's file") from error

    def load(self) -> Rows:
        rows: Rows = {}
        for kind, value in self._db.execute("SELECT kind, value FROM kept"):
            rows.setdefault(kind, []).append(json.loads(value))
        return rows

    def save(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        try:
            with self._db:
                for change in changes:
                    self._apply(change)
        except sqlite3.Error as error:
            raise StoreUnavailable("the stand-in's file cannot be written") from error

    def _apply(self, change: Change) -> None:
        if change.value is None:
            self._db.execute("DELETE FROM kept WHERE kind = ? AND key = ?", (change.kind, change.key))
            return
        value = json.dumps(change.value, ensure_ascii=False, separators=(",", ":"))
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (change.kind, change.key, value))

    def save_file(self, file_id: str, data: bytes) -> None:
        try:
            with self._db:
                self._db.execute("INSERT OR REPLACE INTO file VALUES (?, ?)", (file_id, data))
        except sqlite3.Error as error:
            raise StoreUnavailable("the stand-in's file cannot be written") from error

    def file(self, file_id: str) -> bytes | None:
        row = self._db.execute("SELECT data FROM file WHERE id = ?", (file_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        self._db.close()
