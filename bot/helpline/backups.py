"""Backups: the database in one encrypted file, tested once written, restored without whoever was erased since.

The ring of keys, the pepper and the ledger of erasures are not in it. The file names the key it needs.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import BackupError, KeyringError
from bot.helpline import copies, trail
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.erasures import Erased, Ledger, LedgerMark, erase_again
from bot.helpline.retention import Retention
from bot.helpline.sealed_file import open_file, read_about, seal_file
from bot.helpline.store import before_commit, check_keys

Progress = Callable[[str, float], None]
"""Told the step and how much of all is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is copied and what belongs to it.

    Args:
        url: the database.
        ledger: the file of erasures.
        aside: a folder of this machine for pieces of a moment, where the database is PostgreSQL.
    """

    url: str
    keyring: Keyring
    ledger: Path
    aside: Path

    @property
    def sqlite(self) -> Path | None:
        """The file, on SQLite."""
        return None if not self.url.startswith("sqlite") else copies.sqlite_path(self.url)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: rows by table, and the ids of the key that it needs."""

    rows: Mapping[str, int]
    key_id: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, when it was copied, how many erasures were done again, and the newest one known."""

    rows: Mapping[str, int]
    made_at: datetime
    erased_again: int
    last_erasure: datetime | None


async def make(place: Place, target: Path, now: datetime, progress: Progress) -> Made:
    """Copy, encrypt, open again and count; only then does ``target`` exist.

    Raises:
        BackupError: ``target`` is there already, or a step failed; nothing is left behind.
        StoreUnavailable: the database is away.
    """
    if await asyncio.to_thread(target.exists):
        raise BackupError(f"{target.name} is there already; nothing is overwritten")
    ledger = Ledger(place.ledger)
    ledger.open()
    with _folder(target.parent) as name:
        plain, sealed, again = (Path(name) / part for part in ("plain", "sealed", "again"))
        progress("copying", 0.05)
        mark = ledger.mark()
        kind, rows = await _copy(place, plain)
        about = {"kind": kind, "made_at": now.isoformat(), "rows": dict(rows), "ledger": asdict(mark)}
        await asyncio.to_thread(
            _seal, plain, sealed, place.keyring, about, _part(progress, "encrypting", 0.4)
        )
        await asyncio.to_thread(
            open_file, sealed, again, place.keyring, _part(progress, "opening it again", 0.65)
        )
        progress("counting", 0.95)
        await _must_hold(kind, again, rows)
        _publish(sealed, target)
    await _noted(place, trail.Entry(now, None, None, "backup_made", f"cases={rows.get('cases', 0)}"))
    progress("done", 1.0)
    return Made(rows, place.keyring.key_ids[0])


async def restore(
    place: Place, source: Path, now: datetime, progress: Progress, *, replace: bool = False
) -> Restored:
    """Put a backup in place of an empty database, or with ``replace`` of any; erase again whoever was erased since.

    Raises:
        BackupError: the file, the ledger or the database does not allow it; the database is as it was.
        KeyringError: the key that the backup needs is not in the ring.
    """
    about, mark = _about(source, place.keyring)
    erased = Ledger(place.ledger).since(mark)
    kind = "sqlite" if place.sqlite is not None else "postgresql"
    if about["kind"] != kind:
        raise BackupError(f"the backup is of {about['kind']}, and AMPARO_DATABASE_URL names {kind}")
    await _must_be_free(place, replace)
    with _folder(place.aside if place.sqlite is None else place.sqlite.parent) as name:
        plain = Path(name) / "restored.sqlite3"
        await asyncio.to_thread(open_file, source, plain, place.keyring, _part(progress, "opening", 0.05))
        progress("counting", 0.4)
        await _must_hold(kind, plain, about["rows"])
        tell = _part(progress, "erasing again", 0.6)
        if place.sqlite is not None:
            count = await _cleaned(place, f"sqlite:///{plain}", erased, now, tell)
            await asyncio.to_thread(_put_in_place, plain, place.sqlite)
        else:
            async with copies.exchanged(place.url, plain):
                count = await _cleaned(place, place.url, erased, now, tell)
    progress("done", 1.0)
    last = max((item.at for item in erased), default=None)
    return Restored(about["rows"], datetime.fromisoformat(about["made_at"]), count, last)


async def _copy(place: Place, plain: Path) -> tuple[str, Mapping[str, int]]:
    if place.sqlite is not None:
        return "sqlite", await asyncio.to_thread(copies.copy_sqlite, place.sqlite, plain)
    database = Database(place.url)
    try:
        return "postgresql", await copies.copy_postgres(database, place.url, plain)
    finally:
        await database.close()


async def _must_hold(kind: str, plain: Path, rows: Mapping[str, int]) -> None:
    """Raises `BackupError` where what was opened does not hold what was counted."""
    if kind == "sqlite":
        found = await asyncio.to_thread(copies.count_sqlite, plain)
    else:
        found = await copies.count_postgres(plain)
    if wrong := copies.differing(rows, found):
        raise BackupError(f"the backup does not hold all rows of {', '.join(wrong)}")


async def _must_be_free(place: Place, replace: bool) -> None:
    if place.sqlite is not None:
        empty = not place.sqlite.exists() or not await asyncio.to_thread(copies.count_sqlite, place.sqlite)
    else:
        database = Database(place.url)
        try:
            empty = await copies.is_empty(database)
        finally:
            await database.close()
    if not empty and not replace:
        raise BackupError("the database is not empty; --replace puts the backup in its place")


async def _cleaned(
    place: Place, url: str, erased: Sequence[Erased], now: datetime, tell: Callable[[float], None]
) -> int:
    """Bring the tables up to date, erase again, forget what reached its time meanwhile."""
    database = Database(url, before_commit=before_commit(place.keyring, place.ledger))
    try:
        await database.upgrade()
        await database.run(check_keys, place.keyring)
        count = await database.run(erase_again, erased, tell)
        await Retention(database).purge(now)
        entry = trail.Entry(now, None, None, "backup_restored", f"erased_again={count}")
        await database.run(trail.note, entry)
    finally:
        await database.close()
    return count


async def _noted(place: Place, entry: trail.Entry) -> None:
    database = Database(place.url, before_commit=before_commit(place.keyring, place.ledger))
    try:
        await database.run(trail.note, entry)
    finally:
        await database.close()


def _about(source: Path, keyring: Keyring) -> tuple[dict[str, Any], LedgerMark]:
    try:
        about = read_about(source, keyring)
    except KeyringError as error:
        raise KeyringError("the backup needs a key that is not in the ring, or is damaged") from error
    return about, LedgerMark(**about["ledger"])


def _seal(plain: Path, sealed: Path, keyring: Keyring, about: Any, tell: Callable[[float], None]) -> None:
    with sealed.open("wb") as file:
        seal_file(plain, file, keyring, about, tell)
        file.flush()
        os.fsync(file.fileno())


def _publish(sealed: Path, target: Path) -> None:
    """The name appears whole or not at all, and never in place of another file."""
    try:
        sealed.chmod(0o600)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.replace(sealed, target)
    except FileExistsError as error:
        raise BackupError(f"{target.name} is there already; nothing is overwritten") from error
    except OSError as error:
        raise BackupError("the backup cannot be written there") from error


def _put_in_place(plain: Path, target: Path) -> None:
    copies.settle_sqlite(plain)
    if target.exists():
        copies.settle_sqlite(target)
    plain.chmod(0o600)
    os.replace(plain, target)


def _folder(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder that only its owner may enter, gone at the end with all that is in it."""
    try:
        return tempfile.TemporaryDirectory(dir=parent, prefix=".amparo-backup-")
    except OSError as error:
        raise BackupError(f"nothing can be written in the folder {parent.name or parent}") from error


def _part(progress: Progress, step: str, start: float, length: float = 0.25) -> Callable[[float], None]:
    return lambda share: progress(step, start + length * share)
