"""Looking after a helpline: its hours and due times, and the age of the keys; as the console calls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.core.access import Permission
from bot.core.helplines import DEFAULT, Helpline
from bot.errors import NotFound
from bot.helpline import trail
from bot.helpline.acting import Acting
from bot.helpline.crypto import Keyring
from bot.helpline.helplines import (
    HelplineForm,
    add_helpline,
    all_helplines,
    by_code,
    change_helpline,
)
from bot.helpline.members import StaffMember, needs
from bot.helpline.rotation import values_under_old_keys
from bot.helpline.tables import audit, helplines


@dataclass(frozen=True, slots=True)
class KeyState:
    """The encryption keys, newest first by id. ``since``: the newest is in use at least since then.

    ``left``: how many values still need an older key.
    """

    ids: tuple[str, ...]
    since: datetime | None
    left: int


class Office(Acting):
    """Settings of helplines. An administrator reaches the own one; of the default one, all."""

    async def kept_helplines(self, staff: StaffMember) -> Sequence[Helpline]:
        """Those that the member looks after."""
        needs(staff, Permission.HELPLINE_MANAGE)
        found = await self._database.read(all_helplines)
        return [line for line in found if _reaches(staff, line.code)]

    async def keep_helpline(
        self, staff: StaffMember, code: str, form: HelplineForm, *, new: bool = False
    ) -> None:
        """Make or change a helpline; its alerts stay. Raises `NotFound`, `Conflict`, `WrongField`."""
        needs(staff, Permission.HELPLINE_MANAGE)
        if not _reaches(staff, code) or (new and staff.helpline != DEFAULT):
            raise NotFound("there is no such helpline")
        await self._database.run(_keep, staff, code, form, new, self._clock.now())

    async def keys(self, staff: StaffMember) -> KeyState:
        """How old the encryption keys are, and what still needs an older one."""
        needs(staff, Permission.KEYS_SEE)
        self._keyring.refresh()
        return await self._database.read(_keys, self._keyring)


def _reaches(staff: StaffMember, code: str) -> bool:
    return staff.helpline in (DEFAULT, code)


def _keep(
    connection: Connection, member: StaffMember, code: str, form: HelplineForm, new: bool, now: datetime
) -> None:
    if new:
        add_helpline(connection, code, form, now)
    else:
        change_helpline(connection, code, replace(form, alerts=by_code(connection, code).alerts))
    what = "helpline_added" if new else "helpline_changed"
    trail.note(connection, trail.Entry(now, None, member.id, what, f"helpline={code}"))


def _keys(connection: Connection, keyring: Keyring) -> KeyState:
    """The trail knows when keys changed; before the first change they are as old as the installation."""
    changed = select(func.max(audit.c.at)).where(audit.c.what == "keys_rotated")
    since = connection.execute(changed).scalar()
    if since is None:
        since = connection.execute(select(func.min(helplines.c.created_at))).scalar()
    ids = keyring.key_ids
    return KeyState(ids, since, values_under_old_keys(connection, keyring) if len(ids) > 1 else 0)
