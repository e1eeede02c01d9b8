"""What staff do together, as the console calls it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.access import Permission
from bot.core.case import QueueRow
from bot.core.effects import Audience
from bot.core.taxonomy import Priority
from bot.helpline import back_translation, canned, care, handover
from bot.helpline.acting import Acting
from bot.helpline.back_translation import ReadBack
from bot.helpline.canned import CannedText
from bot.helpline.desk import LONGEST_NOTE
from bot.helpline.hand import clean
from bot.helpline.material import Material, checked_words
from bot.helpline.members import StaffMember, needs


class Teamwork(Acting):
    """Handing over, help, second persons, duplicates, ready texts. Notes are 1 to 10,000 characters."""

    async def colleagues(self, staff: StaffMember) -> Sequence[StaffMember]:
        """Who of the same helpline may be given cases, without the asker and who takes a break."""
        needs(staff, Permission.CASE_READ)
        resting = await self._database.read(care.resting, staff.helpline_id, self._clock.now())
        return [
            one
            for one in await self._accounts.members()
            if one.helpline_id == staff.helpline_id
            and one.id not in (staff.id, *resting)
            and one.may(Permission.CASE_WORK)
        ]

    async def offer(self, staff: StaffMember, reference: str, to: int, note: str) -> None:
        """Ask a colleague to take a case over; until the colleague accepts, it stays with its holder.

        Raises `NotFound`, `Conflict`, and ValueError where there is no note.
        """
        needs(staff, Permission.CASE_WORK)
        await self._act(handover.offer, staff, reference, to, clean(note, LONGEST_NOTE))

    async def accept(self, staff: StaffMember, reference: str) -> None:
        """Take over what was offered. Raises `NotFound`, `Conflict`."""
        needs(staff, Permission.CASE_WORK)
        await self._act(handover.accept, staff, reference)

    async def refuse(self, staff: StaffMember, reference: str, note: str = "") -> None:
        """Say no to what was offered, or take back one's own offer. Raises `NotFound`, `Conflict`."""
        needs(staff, Permission.CASE_WORK)
        await self._act(handover.refuse, staff, reference, optional(note))

    async def take_over(self, staff: StaffMember, reference: str, note: str = "") -> None:
        """A lead takes a case that somebody has. Raises `NotFound`, `Conflict`."""
        needs(staff, Permission.CASE_ASSIGN)
        await self._act(handover.take_over, staff, reference, optional(note))

    async def call_help(self, staff: StaffMember, reference: str) -> None:
        """Call the lead to one's case, unseen by the person. Raises `NotFound`, `Conflict`."""
        needs(staff, Permission.CASE_WORK)
        await self._act(handover.call_help, staff, reference)

    async def stand_by(self, staff: StaffMember, reference: str, note: str) -> None:
        """Be the second person of a case, with what one saw. Raises `NotFound`, `Conflict`, ValueError."""
        needs(staff, Permission.CASE_WORK)
        await self._act(handover.stand_by, staff, reference, clean(note, LONGEST_NOTE))

    async def judge(self, staff: StaffMember, reference: str, priority: Priority, note: str) -> None:
        """Set the priority, with the reason; a lower one only as holder or lead.

        Raises `NotFound`, `Conflict`, and ValueError where there is no note.
        """
        needs(staff, Permission.CASE_WORK)
        await self._act(handover.judge, staff, reference, priority, clean(note, LONGEST_NOTE))

    async def merge(self, staff: StaffMember, reference: str, into: str, note: str) -> None:
        """Mark a case as the same event as another. Raises `NotFound`, `Conflict`, ValueError."""
        needs(staff, Permission.CASE_ASSIGN)
        await self._act(handover.merge, staff, reference, into, clean(note, LONGEST_NOTE))

    async def part(self, staff: StaffMember, reference: str, note: str) -> None:
        """Undo `merge`. Raises `NotFound`, `Conflict`, ValueError."""
        needs(staff, Permission.CASE_ASSIGN)
        await self._act(handover.part, staff, reference, clean(note, LONGEST_NOTE))

    async def pass_on(self, staff: StaffMember, reference: str, helpline: str, note: str) -> None:
        """Give a case to another helpline, named by its code. Raises `NotFound`, `Conflict`, ValueError."""
        needs(staff, Permission.CASE_ASSIGN)
        await self._act(handover.pass_on, staff, reference, helpline, clean(note, LONGEST_NOTE))

    async def canned(self, staff: StaffMember, language: str = "") -> Sequence[CannedText]:
        """Ready texts of the helpline by code; of one language those in use, otherwise all."""
        needs(staff, Permission.CASE_WORK if language else Permission.TEXTS_MANAGE)
        return await self._database.read(canned.texts, staff, language)

    async def material(self, staff: StaffMember, row: QueueRow) -> Sequence[Material]:
        """Words that can be put into an answer to the person of a case, in the person's language."""
        needs(staff, Permission.CASE_WORK)
        audience = Audience(row.language, row.country, row.role)
        ready = await self._database.read(canned.texts, staff, row.language)
        checked = checked_words(self._renderer, row.intent, audience, self._clock.now())
        return [*checked, *map(_ready, ready)]

    async def keep_canned(self, staff: StaffMember, given: CannedText) -> None:
        """Make or change a ready text. Raises ValueError that says what is wrong, `Conflict` when outdated."""
        needs(staff, Permission.TEXTS_MANAGE)
        await self._database.run(canned.keep, staff, canned.checked(given), self._clock.now())

    async def read_back(self, staff: StaffMember, given: ReadBack) -> None:
        """Write what a ready text says beside it. Raises ValueError that says what is wrong, `Conflict`."""
        needs(staff, Permission.TEXTS_MANAGE)
        checked = back_translation.checked(given)
        await self._database.run(back_translation.keep, staff, checked, self._clock.now())


def _ready(item: CannedText) -> Material:
    if item.back_old:  # it says what another text said
        return Material("canned", item.text, item.code)
    return Material("canned", item.text, item.code, item.back, item.back_language, item.back_by)


def optional(text: str) -> str:
    """A text that may be missing, cleaned. Raises ValueError where it is too long."""
    return clean(text, LONGEST_NOTE) if text.strip() else ""
