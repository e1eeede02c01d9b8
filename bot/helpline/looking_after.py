"""Care for those who answer, as the console calls it: each one's own, seen by nobody else."""

from __future__ import annotations

from collections.abc import Collection

from bot.core.access import Permission
from bot.helpline import care
from bot.helpline.acting import Acting
from bot.helpline.members import StaffMember, needs
from bot.helpline.own_care import Care, care_of


class LookingAfter(Acting):
    """Breaks, talks, what was hard, and what one keeps away from."""

    async def care(self, staff: StaffMember) -> Care:
        """What the own page shows."""
        needs(staff, Permission.CASE_WORK)
        return await self._database.read(care_of, self._keyring, staff, self._clock.now())

    async def take_break(self, staff: StaffMember, minutes: int) -> None:
        """Rest for 5, 10 or 20 minutes. Raises `Conflict` with an emergency in hand, ValueError."""
        needs(staff, Permission.CASE_WORK)
        await self._act(care.take_break, staff, minutes)

    async def end_break(self, staff: StaffMember) -> None:
        """Be back before the time."""
        needs(staff, Permission.CASE_WORK)
        await self._act(care.end_break, staff)

    async def mark_hard(self, staff: StaffMember, reference: str) -> None:
        """ "That was hard", in one tap. Raises `NotFound`."""
        needs(staff, Permission.CASE_WORK)
        await self._act(care.mark_hard, staff, reference)

    async def ask_talk(self, staff: StaffMember, to: int) -> None:
        """Ask a colleague for some minutes. Raises `NotFound`, `Conflict`."""
        needs(staff, Permission.CASE_WORK)
        await self._act(care.ask_talk, staff, to)

    async def answer_talk(self, staff: StaffMember, ask_id: int, *, yes: bool) -> None:
        """Answer a colleague who asked. Raises `NotFound`."""
        needs(staff, Permission.CASE_WORK)
        await self._act(care.answer_talk, staff, ask_id, yes)

    async def keep_from(self, staff: StaffMember, names: Collection[str]) -> None:
        """Choose what "Take next" passes over (`bot.core.care.KEPT_FROM`). Raises ValueError."""
        needs(staff, Permission.CASE_WORK)
        await self._act(care.keep_from, staff, names)
