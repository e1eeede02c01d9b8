"""Looking over all cases: search and figures, as the console calls them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.core.access import Permission
from bot.core.helplines import Helpline
from bot.errors import NotFound
from bot.helpline import reports, search
from bot.helpline.acting import Acting
from bot.helpline.helplines import all_helplines
from bot.helpline.members import StaffMember, needs
from bot.helpline.reports import Report
from bot.helpline.search import Found, Search


class Overview(Acting):
    """Search and figures."""

    async def search(self, staff: StaffMember, wanted: Search, after: str | None = None) -> Found:
        """Cases that fit, newest first. Raises ValueError for what cannot be looked for."""
        needs(staff, Permission.QUEUE_SEE)
        return await self._database.read(search.search, staff, wanted, after, self._clock.now())

    async def report(self, staff: StaffMember, days: int) -> Report:
        """Figures of the last 1 to 366 days; who is not of the team sees no small ones. Raises ValueError."""
        needs(staff, Permission.NUMBERS_SEE)
        if not 1 <= days <= 366:
            raise ValueError("a report covers 1 to 366 days")
        now = self._clock.now()
        line = await self.own_helpline(staff)
        since, zone = now - timedelta(days=days), ZoneInfo(line.zone)
        found = await self._database.read(reports.report, staff, since, now, zone)
        return found if staff.may(Permission.TEAM_SEE) else reports.for_outsiders(found)

    async def helplines(self, staff: StaffMember) -> Sequence[Helpline]:
        """All helplines, to which a case can be passed on."""
        needs(staff, Permission.CASE_ASSIGN)
        return await self._database.read(all_helplines)

    async def own_helpline(self, staff: StaffMember) -> Helpline:
        """The member's helpline. Raises `NotFound` for who has none."""
        return await self._database.read(_own, staff)


def _own(connection: Connection, member: StaffMember) -> Helpline:
    for line in all_helplines(connection):
        if line.id == member.helpline_id:
            return line
    raise NotFound("this member has no helpline")
