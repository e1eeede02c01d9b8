"""The ledger of erasures: who was erased is erased again in a backup from before.

It is a file beside the keys and in no backup. It names cases by reference and chats by keyed hash; no text and no
chat id. A line is on the disk before the transaction that erases commits: a crash in between leaves a line
too many, never one too few, and the erasure it names was asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from bot.core.effects import Kind
from bot.core.outcome import Outcome
from bot.errors import BackupError, StoreUnavailable
from bot.helpline.sql import ONE, word
from bot.helpline.tables import case_lines, cases, conversations, inbox, outbox, transcript, weekly_tips

LEDGER_FILE = "erasures.txt"

_KEY = "amparo_erased"
_HEAD = re.compile(rb"amparo erasures ([0-9a-f]{32})(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Erased:
    """A case, by its reference, or a chat, by its key as hex, was erased at a time."""

    at: datetime
    case: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """How far a ledger had come: its name, its length in bytes and the SHA-256 of them as hex."""

    name: str
    length: int
    digest: str


def note(connection: Connection, *erased: Erased) -> None:
    """Note erasures; they reach the ledger with the transaction, or not at all."""
    connection.info.setdefault(_KEY, []).extend(erased)


def clear(connection: Connection) -> None:
    """A transaction begins: what an undone one left behind is gone."""
    connection.info.pop(_KEY, None)


def note_cases(connection: Connection, which: Sequence[int], at: datetime) -> None:
    """Note that the cases with these ids are erased."""
    if which:
        names = connection.execute(select(cases.c.reference).where(cases.c.id.in_(which))).scalars()
        note(connection, *(Erased(at, case=name) for name in names))


class Ledger:
    """The file. Made at the first start; several processes may write to it.

    Raises `BackupError` where it cannot be made or read, or is no ledger.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> None:
        """Make the file where there is none."""
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            self.mark()
            return
        except OSError as error:
            raise BackupError(f"the ledger of erasures ({self._path.name}) cannot be made") from error
        with os.fdopen(handle, "wb") as file:
            file.write(b"amparo erasures " + secrets.token_hex(16).encode())
            file.flush()
            os.fsync(file.fileno())

    def flush(self, connection: Connection) -> None:
        """Write what the transaction erased; called before its commit. Raises `StoreUnavailable`."""
        noted: list[Erased] = connection.info.pop(_KEY, [])
        if not noted:
            return
        # Each line begins with its break, so that one cut off by a full disk spoils no other.
        lines = "".join(f"\n{_line(item)}" for item in noted).encode()
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                if os.write(handle, lines) != len(lines):
                    raise StoreUnavailable
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise StoreUnavailable from error

    def mark(self) -> LedgerMark:
        """How far it has come."""
        return _mark(self._read())

    def since(self, mark: LedgerMark) -> Sequence[Erased]:
        """All that it names. Raises `BackupError` where it is not the one of ``mark``, or shorter."""
        content = self._read()
        if _mark(content[: mark.length]) != mark:
            raise BackupError(
                f"{self._path.name} is not the ledger of erasures that belongs to this backup, or an older copy of it; "
                "without it people who were erased since would be back"
            )
        return [item for line in content.split(b"\n")[1:] if (item := _parsed(line)) is not None]

    def _read(self) -> bytes:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise BackupError(
                f"the ledger of erasures ({self._path.name}) is missing or cannot be read; "
                "without it people who were erased since would be back"
            ) from error
        if not _HEAD.match(content):
            raise BackupError(f"{self._path.name} is no ledger of erasures")
        return content


def _mark(content: bytes) -> LedgerMark:
    head = _HEAD.match(content)
    name = head[1].decode() if head else ""
    return LedgerMark(name, len(content), hashlib.sha256(content).hexdigest())


def _line(item: Erased) -> str:
    kind, name = ("case", item.case) if item.case else ("chat", item.chat)
    return json.dumps([item.at.isoformat(), kind, name])


def _parsed(line: bytes) -> Erased | None:
    try:
        at, kind, name = json.loads(line)
        if kind not in ("case", "chat"):
            return None
        return Erased(datetime.fromisoformat(at), **{kind: str(name)})
    except (ValueError, TypeError):  # cut off: its transaction did not commit
        return None


def erase_again(
    connection: Connection, erased: Sequence[Erased], tell: Callable[[float], None] = lambda share: None
) -> int:
    """Erase in a restored database all that was erased after it was copied; how much was found again."""
    found = 0
    for number, item in enumerate(erased, 1):
        found += _case(connection, item) if item.case else _chat(connection, item)
        tell(number / len(erased))
    return found


def _case(connection: Connection, item: Erased) -> int:
    """A case that was open in the backup had ended before it was erased, and ends here too."""
    query = select(cases.c.id, cases.c.conversation_id).where(cases.c.reference == item.case)
    row = connection.execute(query).first()
    if row is None:
        return 0
    kept = cases.c.id == row.id
    lines = and_(case_lines.c.case_id == row.id, case_lines.c.body.is_not(None))
    count = connection.execute(update(case_lines).where(lines).values(body=None)).rowcount
    mine = outbox.c.case_id == row.id
    queued = update(outbox).where(mine, outbox.c.state.in_((word("queued"), word("sending"))))
    connection.execute(queued.values(state="cancelled", finished_at=item.at))
    connection.execute(update(outbox).where(mine).values(payload=None))
    ended = update(cases).where(kept, cases.c.state != word("closed"))
    closed = {"state": "closed", "closed_at": item.at, "holder_id": None, "lease_until": None}
    closed |= {"offered_id": None, "second_id": None, "help_at": None}
    connection.execute(
        ended.values(**closed, outcome=func.coalesce(cases.c.outcome, Outcome.SUPPORTED.value))
    )
    gone = update(cases).where(kept, cases.c.data_key.is_not(None))
    count += connection.execute(gone.values(data_key=None, draft=None)).rowcount
    connection.execute(update(cases).where(kept).values(draft=None, conversation_id=None))
    return int(count > 0)


def _chat(connection: Connection, item: Erased) -> int:
    """What a chat had said until it asked to be forgotten; what came later stays, and so does an open case."""
    try:
        key = bytes.fromhex(item.chat)
    except ValueError:
        return 0
    arrived = and_(inbox.c.chat_key == key, inbox.c.received_at <= item.at, inbox.c.state != word("done"))
    done = {"state": "done", "raw": None, "chat_id": None, "finished_at": item.at}
    count = connection.execute(update(inbox).where(arrived).values(**done)).rowcount
    query = select(conversations.c.id, conversations.c.seen_at).where(
        conversations.c.chat_key == key, conversations.c.created_at <= item.at
    )
    row = connection.execute(query).first()
    if row is None:
        return int(count > 0)
    said = and_(transcript.c.conversation_id == row.id, transcript.c.at <= item.at)
    count += connection.execute(delete(transcript).where(said)).rowcount
    lane = and_(outbox.c.conversation_id == row.id, outbox.c.created_at <= item.at)
    opened = exists(ONE).where(cases.c.conversation_id == row.id, cases.c.state != word("closed"))
    dropped = and_(
        lane,
        outbox.c.state == word("queued"),
        (outbox.c.kind == Kind.ANSWER.value) | (outbox.c.waits & ~opened),
    )
    connection.execute(update(outbox).where(dropped).values(state="cancelled", finished_at=item.at))
    over = and_(lane, outbox.c.state.not_in(("queued", "sending")), outbox.c.payload.is_not(None))
    count += connection.execute(update(outbox).where(over).values(payload=None)).rowcount
    if row.seen_at <= item.at:
        mine = conversations.c.id == row.id
        count += connection.execute(
            update(conversations).where(mine).values(state=None, forgotten_at=item.at)
        ).rowcount
        silent = {"contact_when": "", "contact_opening": ""}
        connection.execute(update(conversations).where(mine, ~opened).values(**silent))
        connection.execute(delete(weekly_tips).where(weekly_tips.c.conversation_id == row.id))
    return int(count > 0)
