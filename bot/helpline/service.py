"""The helpline's work as the staff's console does it. Each method is one transaction.

Who acts is always handed in: what the role does not allow is `NotAllowed`, and a case of another
helpline is not found. Times come from the clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from bot.core.access import Permission
from bot.core.case import CaseDetail
from bot.core.closing import Closing
from bot.core.helplines import Helpline
from bot.helpline import desk, ending, opened_case, reading_room
from bot.helpline.alerting import Alerting, SentAlert
from bot.helpline.alerts import EVENTS as ALERT_EVENTS
from bot.helpline.audit import AuditPage, AuditRow, AuditTrail, Verdict
from bot.helpline.audit_check import Checked, TrailCheck
from bot.helpline.back_translation import ReadBack
from bot.helpline.canned import CannedText
from bot.helpline.changes import ELSEWHERE, Change
from bot.helpline.desk import LONGEST_NOTE, LONGEST_REPLY, STRANGER
from bot.helpline.ending import follow_up
from bot.helpline.exports import PURPOSES, Export, Exports
from bot.helpline.exposure import MANY as MANY_HARD
from bot.helpline.figures import Figures, figures
from bot.helpline.hand import clean, normal_reference
from bot.helpline.helplines import HelplineForm, Helplines, form_of
from bot.helpline.looking_after import LookingAfter
from bot.helpline.material import Material
from bot.helpline.office import KeyState, Office
from bot.helpline.overview import Overview
from bot.helpline.own_care import Ask, Became, Care, CareNow
from bot.helpline.promises import tell_who_waits
from bot.helpline.reading_room import COUNT_UP_TO, DeadLetter, QueuePage, View
from bot.helpline.receivers import Receiver, Receivers, Wanted
from bot.helpline.reports import Hour, Judged, Load, Report, Waiting
from bot.helpline.search import Found, Search
from bot.helpline.second_factor import Enrolment, Passed
from bot.helpline.staff import Account, SignedIn, StaffAccounts, StaffMember, needs
from bot.helpline.team_load import FEW
from bot.helpline.teamwork import Teamwork
from bot.helpline.tokens import ApiTokens, Caller
from bot.helpline.waits import measure
from bot.helpline.watch import tell_overdue, tell_standstill

__all__ = [
    "ALERT_EVENTS",
    "COUNT_UP_TO",
    "ELSEWHERE",
    "FEW",
    "LONGEST_NOTE",
    "LONGEST_REPLY",
    "MANY_HARD",
    "PURPOSES",
    "STRANGER",
    "Account",
    "ApiTokens",
    "Ask",
    "AuditPage",
    "AuditRow",
    "AuditTrail",
    "Became",
    "Caller",
    "CannedText",
    "Care",
    "CareNow",
    "Change",
    "Checked",
    "DeadLetter",
    "Enrolment",
    "Export",
    "Exports",
    "Figures",
    "Found",
    "Helpline",
    "HelplineForm",
    "HelplineService",
    "Helplines",
    "Hour",
    "Judged",
    "KeyState",
    "Load",
    "Material",
    "Passed",
    "QueuePage",
    "ReadBack",
    "Receiver",
    "Receivers",
    "Report",
    "Search",
    "SentAlert",
    "SignedIn",
    "StaffAccounts",
    "StaffMember",
    "Verdict",
    "View",
    "Waiting",
    "Wanted",
    "form_of",
]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_LETTERS = 200


class HelplineService(Teamwork, Overview, Alerting, Office, LookingAfter):
    """Queue and cases for the staff."""

    @cached_property
    def audit(self) -> AuditTrail:
        """The trail, for auditors: `AuditTrail.page` and `AuditTrail.verify`."""
        return AuditTrail(self._database, self._keyring.audit_seal)

    @cached_property
    def audit_check(self) -> TrailCheck:
        """`AuditTrail.verify` for pages, which cannot wait for a long trail."""
        return TrailCheck(self.audit)

    @property
    def exports(self) -> Exports:
        """Exports by four eyes."""
        return Exports(self._database, self._keyring, self._clock)

    async def queue(
        self, staff: StaffMember, *, view: View = "open", limit: int = 50, after: str | None = None
    ) -> QueuePage:
        """A page of cases: the gravest first, then the one due first; closed ones newest first.

        ``mine`` are open cases that ``staff`` holds or is asked to take over. At most 200 rows. Raises
        ValueError for an unknown view or a malformed ``after``.
        """
        needs(staff, Permission.QUEUE_SEE)
        return await self._database.read(reading_room.queue, staff, view, limit, after, self._clock.now())

    async def case(self, staff: StaffMember, reference: str) -> CaseDetail:
        """A case with its timeline. The look is written down, at most once in ten minutes a person.

        Raises `NotFound`, and `StoreUnavailable` also where the look cannot be written down.
        """
        needs(staff, Permission.CASE_READ)
        now, name = self._clock.now(), normal_reference(reference)
        found, case_id, news = await self._database.read(
            opened_case.detail, self._keyring, self._renderer, staff, name, now
        )
        if news:
            await self._database.run(reading_room.viewed, case_id, staff.id, now)
            self._change.ring()
        return found

    async def claim(self, staff: StaffMember, reference: str) -> None:
        """Take a case for 15 minutes; the bot is silent in its chat from this commit on.

        The person is told once that somebody is there. Claiming one's own case renews the lease.
        Raises `NotFound`, or `Conflict` where it is closed or somebody else's.
        """
        needs(staff, Permission.CASE_WORK)
        await self._act(desk.claim, staff, reference)

    async def take_next(self, staff: StaffMember) -> str | None:
        """Take the gravest case that nobody has; its reference, or None where there is none."""
        needs(staff, Permission.CASE_WORK)
        return await self._act(desk.take_next, staff)

    async def heartbeat(self, staff: StaffMember, reference: str) -> datetime:
        """Renew the lease; returns until when. Raises `NotFound`, or `Conflict` where it is lost."""
        needs(staff, Permission.CASE_WORK)
        return await self._database.run(desk.heartbeat, self._hand(staff), reference)

    async def release(self, staff: StaffMember, reference: str, note: str) -> None:
        """Give a case back to the queue with its draft and a word for the next one; the person is told.

        Raises like `heartbeat`, and ValueError where there is no note.
        """
        needs(staff, Permission.CASE_WORK)
        await self._act(desk.release, staff, reference, clean(note, LONGEST_NOTE))

    async def reply(
        self, staff: StaffMember, reference: str, text: str, *, seen: int, token: str, sure: bool = False
    ) -> int:
        """Send a text to the person, signed with the sender's name; returns the id of its line.

        Args:
            text: 1 to 3500 characters (UTF-16 units); control characters are taken out.
            seen: id of the newest line that the sender had before him or her.
            token: 1 to 64 letters, digits, ``_`` or ``-``, new for each text; the same again sends nothing.
            sure: the sender says that it is still the same person, after a silence of 12 hours or more.

        Raises:
            NotFound, Conflict: like `heartbeat`.
            Outdated: the person wrote after ``seen``; the same call with the new id sends.
            Unsure: the person was silent for long and ``sure`` is false.
            ValueError: text or token are not acceptable.
        """
        needs(staff, Permission.CASE_WORK)
        if not _TOKEN.fullmatch(token):
            raise ValueError("the token is malformed")
        text = clean(text, LONGEST_REPLY)
        return await self._act(desk.reply, staff, reference, text, seen, token, sure)

    async def note(self, staff: StaffMember, reference: str, text: str) -> int:
        """Keep a note that only staff see (10,000 characters at most); returns the id of its line.

        Raises `NotFound`, `Conflict` where the case's words are erased, and ValueError.
        """
        needs(staff, Permission.CASE_NOTE)
        return await self._act(desk.note, staff, reference, clean(text, LONGEST_NOTE))

    async def save_draft(self, staff: StaffMember, reference: str, text: str) -> None:
        """Keep the unsent reply (empty: forget it); renews the lease. Raises like `heartbeat`, ValueError."""
        needs(staff, Permission.CASE_WORK)
        await self._database.run(desk.save_draft, self._hand(staff), reference, _optional(text))

    async def close(self, staff: StaffMember, reference: str, closing: Closing) -> None:
        """End a case with its record. Raises like `heartbeat`, `SecondNeeded`, and ValueError."""
        needs(staff, Permission.CASE_WORK)
        await self._act(ending.close, staff, reference, closing, _optional(closing.note))

    async def sweep(self, now: datetime) -> int:
        """Return cases whose lease ran out to the queue; returns how many.

        Who waits in vain is told, so is the lead of what is overdue, follow-ups come back, and waiting is measured.
        """
        count = await self._database.run(desk.sweep, self._keyring, now)
        told = await self._database.run(tell_who_waits, self._keyring, self._renderer, now)
        late = await self._database.run(tell_overdue, self._keyring, now)
        await self._database.run(tell_standstill, now)
        back = await self._database.run(follow_up, self._keyring, now)
        await self._database.run(measure, now)
        if count or told or late or back:
            self._change.ring()
        if told:
            self._delivery.ring()
        return count

    async def figures(self, staff: StaffMember) -> Figures:
        """Counts and times of the member's helpline. Raises `NotAllowed`."""
        needs(staff, Permission.NUMBERS_SEE)
        return await self._database.read(figures, staff.helpline_id, self._clock.now())

    async def on_duty(self) -> bool:
        """Whether somebody used the console within ten minutes and has not signed out."""
        return await self._accounts.on_duty()

    async def changes_since(self, staff: StaffMember, seq: int) -> Sequence[Change]:
        """At most 500 changes after number ``seq``, in order; `ELSEWHERE` is of another helpline."""
        return await self._changes.since(seq, staff.helpline_id)

    async def latest_change(self) -> int:
        """The number of the newest change, 0 before the first."""
        return await self._changes.latest()

    async def wait_for_change(self, seconds: float) -> None:
        """Until this process noted a change the calling task has not read, or ``seconds``."""
        await self._changes.wait(seconds)

    async def dead_letters(self, staff: StaffMember) -> Sequence[DeadLetter]:
        """The newest 200 updates that could not be handled, without their content."""
        needs(staff, Permission.SYSTEM_SEE)
        return await self._database.read(reading_room.dead_letters, _MOST_LETTERS)

    async def dead_letter_text(self, staff: StaffMember, letter_id: int) -> str:
        """The raw JSON of a dead letter. The look is written down. Raises `NotFound`."""
        needs(staff, Permission.LETTERS_READ)
        now = self._clock.now()
        return await self._database.run(reading_room.dead_letter_text, self._keyring, staff, letter_id, now)

    async def retry_dead_letter(self, staff: StaffMember, letter_id: int) -> None:
        """Hand a dead letter out again. Raises `NotFound`, `Conflict`."""
        needs(staff, Permission.LETTERS_RETRY)
        now = self._clock.now()
        await self._database.run(reading_room.retry_dead_letter, staff, letter_id, now)
        self._work.ring()
        self._change.ring()


def _optional(text: str) -> str:
    return clean(text, LONGEST_NOTE) if text.strip() else ""
