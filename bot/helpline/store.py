"""Puts the parts of the helpline together over one database."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from bot.core.ports import Clock, Renderer
from bot.errors import KeyringError
from bot.helpline import audit
from bot.helpline.audit import AuditTrail
from bot.helpline.bell import Bell
from bot.helpline.changes import Changes
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.erasures import Ledger
from bot.helpline.helplines import Helplines
from bot.helpline.inbox import Inbox
from bot.helpline.outbox import Outbox
from bot.helpline.retention import Retention
from bot.helpline.rotation import Rotation
from bot.helpline.service import HelplineService
from bot.helpline.sql import insert_new
from bot.helpline.staff import StaffAccounts
from bot.helpline.stats import Stats
from bot.helpline.tables import meta
from bot.helpline.tokens import ApiTokens
from bot.helpline.turns import Turns
from bot.helpline.weekly import WeeklyTips


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. ``close`` it at the end."""

    database: Database
    keyring: Keyring
    inbox: Inbox
    turns: Turns
    outbox: Outbox
    service: HelplineService
    staff: StaffAccounts
    retention: Retention
    changes: Changes
    stats: Stats
    weekly: WeeklyTips
    helplines: Helplines
    audit: AuditTrail
    tokens: ApiTokens
    rotation: Rotation
    delivery: Bell

    async def close(self) -> None:
        """Give back connections and threads."""
        await self.database.close()


async def open_store(
    url: str,
    *,
    keys: Sequence[str],
    pepper: str,
    clock: Clock,
    renderer: Renderer,
    waive_codes: bool = False,
    key_source: Callable[[], Sequence[str]] | None = None,
    webhooks_inside: bool = False,
    ledger: Path | None = None,
) -> Store:
    """Open a database, bring its tables up to date and check that the keys are the ones it was filled with.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``.
        keys: encryption keys, newest first (`bot.helpline.crypto.generate_key`).
        pepper: the secret that names chats; it must never change.
        clock: the time.
        renderer: words for the notices that staff's work sends to people.
        key_source: where the keys are kept, where they may change while the program runs.
        waive_codes: whoever has no one-time codes set up need not do so; for demonstrations only.
        webhooks_inside: alerts may be posted to addresses of one's own network, over http too.
        ledger: the file that names what was erased (`bot.helpline.erasures`), so that no backup brings it back.

    Raises:
        SettingsError: the address is of no known kind.
        KeyringError: a key is malformed, missing, or not the one that the data needs.
        StoreUnavailable: the database cannot be reached.
        BackupError: the ledger cannot be made or read.
    """
    keyring = Keyring(keys, pepper=pepper, source=key_source)
    database = Database(url, before_commit=before_commit(keyring, ledger))
    try:
        await database.upgrade()
        await database.run(check_keys, keyring)
        await database.run(audit.sign_new_head, keyring.audit_seal)
    except BaseException:
        await database.close()
        raise
    return _store(database, keyring, clock, renderer, waive_codes, webhooks_inside)


def before_commit(keyring: Keyring, ledger: Path | None) -> Callable[[Connection], None]:
    """What each transaction does last: the ledger first, because nothing may be waited for behind the trail's lock."""
    book = None if ledger is None else Ledger(ledger)
    if book is not None:
        book.open()

    def write(connection: Connection) -> None:
        if book is not None:
            book.flush(connection)
        audit.flush(connection, keyring.audit_seal)

    return write


def _store(
    database: Database,
    keyring: Keyring,
    clock: Clock,
    renderer: Renderer,
    waive_codes: bool,
    webhooks_inside: bool,
) -> Store:
    work, delivery, change = Bell(), Bell(), Bell()
    changes = Changes(database, change)
    accounts = StaffAccounts(database, keyring, clock, waive_codes=waive_codes)
    return Store(
        database=database,
        keyring=keyring,
        inbox=Inbox(database, keyring, clock, work),
        turns=Turns(database, keyring, clock, work=work, delivery=delivery, change=change),
        outbox=Outbox(database, keyring, clock, delivery=delivery, change=change),
        service=HelplineService(
            database,
            keyring,
            clock,
            renderer,
            accounts=accounts,
            changes=changes,
            work=work,
            delivery=delivery,
            change=change,
            webhooks_inside=webhooks_inside,
        ),
        staff=accounts,
        retention=Retention(database),
        changes=changes,
        stats=Stats(database, clock),
        weekly=WeeklyTips(database, keyring, clock, renderer, delivery=delivery),
        helplines=Helplines(database, clock),
        audit=AuditTrail(database, keyring.audit_seal),
        tokens=ApiTokens(database, clock),
        rotation=Rotation(database, keyring, clock),
        delivery=delivery,
    )


_CHECK = "meta.check"
_NEW_META = insert_new(meta, "key")


def check_keys(connection: Connection, keyring: Keyring) -> None:
    """Wrong keys must show at the start, not when somebody in danger writes."""
    mine = {
        "pepper": keyring.subject_key(_CHECK).hex(),
        "keys": keyring.encrypt(_CHECK, _CHECK).hex(),
    }
    rows = [{"key": key, "value": value} for key, value in mine.items()]
    connection.execute(_NEW_META[connection.dialect.name], rows)
    kept = {row.key: row.value for row in connection.execute(select(meta))}
    if not hmac.compare_digest(kept["pepper"], mine["pepper"]):
        raise KeyringError("the pepper is not the one this database was filled with")
    keyring.decrypt(bytes.fromhex(kept["keys"]), _CHECK)
