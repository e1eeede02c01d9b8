"""Looking after alerts, as the console calls it: whom they go to, what became of them, and a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.core.access import Permission
from bot.core.helplines import DEFAULT
from bot.errors import NotFound
from bot.helpline import alerts, receivers, trail
from bot.helpline.acting import Acting
from bot.helpline.alert_queue import language_of
from bot.helpline.crypto import Keyring
from bot.helpline.members import StaffMember, needs
from bot.helpline.receivers import Receivers, Wanted
from bot.helpline.tables import helplines
from bot.helpline.work_tables import alerts as alert_rows

_NEWEST = 50


@dataclass(frozen=True, slots=True)
class SentAlert:
    """An alert and what became of it: queued, sent or failed.

    ``address`` is of the helpline or its staff, never of a person; empty where the receiver is gone.
    ``error`` is a short name of why it did not get through, as ``status_500``.
    """

    id: int
    event: str
    channel: str
    address: str
    reference: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    error: str


class Alerting(Acting):
    """Receivers of a helpline, named by its code. An administrator reaches the own; of the default one, all."""

    async def receivers(self, staff: StaffMember, code: str) -> Receivers:
        """Whom alerts go to, with the secrets of webhooks. Raises `NotAllowed`, `NotFound`."""
        needs(staff, Permission.HELPLINE_MANAGE)
        return await self._database.read(_receivers, self._keyring, staff, code)

    async def set_receivers(self, staff: StaffMember, code: str, wanted: Wanted) -> None:
        """Set them all. A webhook that was there before keeps its secret.

        Raises `NotAllowed`, `NotFound`, and `WrongField` that says what is wrong.
        """
        needs(staff, Permission.HELPLINE_MANAGE)
        wanted = receivers.checked(wanted, inside=self._webhooks_inside)
        await self._database.run(_set, self._keyring, staff, code, wanted, self._clock.now())

    async def test_receivers(self, staff: StaffMember, code: str) -> int:
        """Send each receiver a test; how many there are. Raises `NotAllowed`, `NotFound`."""
        needs(staff, Permission.HELPLINE_MANAGE)
        return await self._database.run(_test, staff, code, self._clock.now())

    async def sent_alerts(self, staff: StaffMember, code: str) -> Sequence[SentAlert]:
        """The newest 50 alerts. Raises `NotAllowed`, `NotFound`."""
        needs(staff, Permission.HELPLINE_MANAGE)
        return await self._database.read(_newest, self._keyring, staff, code)


def _helpline(connection: Connection, member: StaffMember, code: str) -> tuple[int, str]:
    """Id and language of the alerts of a helpline that the member looks after. Raises `NotFound`."""
    query = select(helplines.c.id, helplines.c.alerts).where(helplines.c.code == code[:32])
    row = connection.execute(query).one_or_none()
    if row is None or (member.helpline != DEFAULT and row.id != member.helpline_id):
        raise NotFound("there is no such helpline")
    return row.id, language_of(row.alerts)


def _receivers(connection: Connection, keyring: Keyring, member: StaffMember, code: str) -> Receivers:
    helpline_id, language = _helpline(connection, member, code)
    return Receivers(receivers.kept(connection, keyring, helpline_id), language)


def _set(
    connection: Connection, keyring: Keyring, member: StaffMember, code: str, wanted: Wanted, now: datetime
) -> None:
    helpline_id, _ = _helpline(connection, member, code)
    receivers.keep(connection, keyring, helpline_id, wanted, now)
    mine = update(helplines).where(helplines.c.id == helpline_id)
    connection.execute(mine.values(alerts={"language": wanted.language}))
    counts = f"webhooks={len(wanted.webhooks)} email={len(wanted.email)} telegram={len(wanted.telegram)}"
    _note(connection, member, "receivers_set", f"helpline={code} {counts}", now)


def _test(connection: Connection, member: StaffMember, code: str, now: datetime) -> int:
    helpline_id, _ = _helpline(connection, member, code)
    count = alerts.post_test(connection, helpline_id, now)
    _note(connection, member, "receivers_tested", f"helpline={code} receivers={count}", now)
    return count


def _note(connection: Connection, member: StaffMember, what: str, detail: str, now: datetime) -> None:
    trail.note(connection, trail.Entry(now, None, member.id, what, detail))


def _newest(connection: Connection, keyring: Keyring, member: StaffMember, code: str) -> list[SentAlert]:
    helpline_id, _ = _helpline(connection, member, code)
    there = {one.id: one.address for one in receivers.kept(connection, keyring, helpline_id)}
    query = select(alert_rows).where(alert_rows.c.helpline_id == helpline_id)
    return [
        SentAlert(
            id=row.id,
            event=row.event,
            channel=row.channel,
            address=there.get(row.receiver_id, ""),
            reference=str(row.content.get("case", "")),
            state=row.state,
            attempts=row.attempts,
            created_at=row.created_at,
            due_at=row.due_at,
            error=row.error or "",
        )
        for row in connection.execute(query.order_by(alert_rows.c.id.desc()).limit(_NEWEST))
    ]
