"""Working on a case together: hand over, call for help, a second person, duplicates, other helplines."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from bot.core.access import Permission
from bot.core.case import HELD_STATES, LEASE, CaseState
from bot.core.taxonomy import Priority
from bot.errors import Conflict, NotFound
from bot.helpline import care
from bot.helpline.casefile import CaseFile
from bot.helpline.hand import Hand, by_reference, finish, leave, mine, tell
from bot.helpline.helplines import by_code
from bot.helpline.members import StaffMember, member_by_id
from bot.helpline.sql import ONE
from bot.helpline.tables import cases


def offer(connection: Connection, hand: Hand, reference: str, to: int, note: str) -> None:
    """Ask a colleague to take a case over. It stays with its holder until the colleague accepts.

    A lead may give away anybody's case, and one that nobody has. Raises `NotFound` where there is no such
    colleague, `Conflict` where the case is somebody else's or the colleague takes a break.
    """
    case = by_reference(connection, hand, reference)
    if not case.open or not (_holds(hand, case) or hand.staff.may(Permission.CASE_ASSIGN)):
        raise Conflict("the case is not yours, or no longer")
    colleague = _colleague(connection, hand, to)
    if colleague.id == case.holder_id:
        raise Conflict("the case is with this person already")
    if care.rests(connection, colleague.id, hand.now):
        raise Conflict("this colleague takes a break")
    case.offered_id = colleague.id
    if _holds(hand, case):
        case.lease_until = hand.now + LEASE
    leave(connection, hand, case, note, "offered", f"to={colleague.id}")
    finish(connection, hand, case, "offered")


def accept(connection: Connection, hand: Hand, reference: str) -> None:
    """Take over what was offered, with its draft. The person is not greeted a second time.

    Raises `Conflict` where nothing is offered (any more).
    """
    case = by_reference(connection, hand, reference)
    if not case.open or case.offered_id != hand.staff.id:
        raise Conflict("the case is not offered to you, or no longer")
    greeted = case.state in HELD_STATES
    care.back(connection, hand)
    _give(hand, case)
    leave(connection, hand, case, "", "accepted")
    if not greeted:
        tell(connection, hand, case, "staff_joined", staff=hand.staff.name)
    finish(connection, hand, case, "claimed")


def refuse(connection: Connection, hand: Hand, reference: str, note: str) -> None:
    """Say no to what was offered, or take one's own offer back."""
    case = by_reference(connection, hand, reference)
    own = _holds(hand, case) or hand.staff.may(Permission.CASE_ASSIGN)
    if case.offered_id is None or not (case.offered_id == hand.staff.id or own):
        raise Conflict("the case is not offered, or no longer")
    key = "refused" if case.offered_id == hand.staff.id else "offer_withdrawn"
    case.offered_id = None
    leave(connection, hand, case, note, key)
    finish(connection, hand, case, key)


def take_over(connection: Connection, hand: Hand, reference: str, note: str) -> None:
    """A lead takes a case that somebody has, with its draft."""
    case = by_reference(connection, hand, reference)
    if not case.held(hand.now) or case.holder_id == hand.staff.id:
        raise Conflict("nobody else has the case")
    care.back(connection, hand)
    _give(hand, case)
    leave(connection, hand, case, note, "taken_over")
    finish(connection, hand, case, "claimed")


def call_help(connection: Connection, hand: Hand, reference: str) -> None:
    """Call the lead, silently: the person sees nothing of it."""
    case = mine(connection, hand, reference)
    if case.help_at is not None:
        return
    case.help_at, case.lease_until = hand.now, hand.now + LEASE
    leave(connection, hand, case, "", "help_asked")
    finish(connection, hand, case, "help_asked")


def stand_by(connection: Connection, hand: Hand, reference: str, note: str) -> None:
    """Look at a case as the second person: an emergency is not closed by one alone."""
    case = by_reference(connection, hand, reference)
    if not case.open or case.holder_id == hand.staff.id:
        raise Conflict("the second person is somebody else than the holder")
    case.second_id, case.help_at = hand.staff.id, None
    leave(connection, hand, case, note, "second")
    finish(connection, hand, case, "second")


def judge(connection: Connection, hand: Hand, reference: str, priority: Priority, note: str) -> None:
    """Somebody has read it and sees it otherwise than the bot did.

    Whoever works on cases may raise it, held or not; to lower it takes its holder or a lead. New danger in
    what the person writes raises it again. Raises `Conflict` where nothing changes or it may not be lowered.
    """
    case = by_reference(connection, hand, reference)
    raised = priority > case.priority
    if not case.open or priority is case.priority:
        raise Conflict("the case has this priority, or is closed")
    if not raised and not (_holds(hand, case) or hand.staff.may(Permission.CASE_ASSIGN)):
        raise Conflict("only its holder or a lead lowers the priority of a case")
    case.priority, before = priority, case.due_at
    if raised:
        case.due_from(hand.now)
        case.due_at = min(before, case.due_at)
    else:
        case.due_from(case.person_at or case.opened_at)
    what, key = ("raised", "judged_raised") if raised else ("lowered", "judged_lowered")
    leave(connection, hand, case, note, key, f"priority={int(priority)}")
    finish(connection, hand, case, what)


def merge(connection: Connection, hand: Hand, reference: str, into: str, note: str) -> None:
    """Mark a case as the same event as another. Each keeps its own talk: what one person says does not
    reach the other; only the staff know that they belong together.

    A duplicate that nobody has goes to whoever has the main one.
    """
    case, main = _both(connection, hand, reference, into)
    if case.id == main.id or main.main_id is not None or _has_duplicates(connection, case):
        raise Conflict("a duplicate belongs to one main case, which is none itself")
    case.main_id = main.id
    leave(connection, hand, case, note, "merged", f"main={main.id}")
    if case.state is CaseState.NEW and main.holder_id is not None and main.held(hand.now):
        case.offered_id = main.holder_id
    finish(connection, hand, case, "merged")


def part(connection: Connection, hand: Hand, reference: str, note: str) -> None:
    """It is another event after all."""
    case = by_reference(connection, hand, reference)
    if case.main_id is None:
        raise Conflict("the case is no duplicate")
    case.main_id = None
    leave(connection, hand, case, note, "parted")
    finish(connection, hand, case, "parted")


def pass_on(connection: Connection, hand: Hand, reference: str, code: str, note: str) -> None:
    """Give a case to another helpline; for this one's staff it is then not there any more."""
    case = by_reference(connection, hand, reference)
    helpline = by_code(connection, code)
    if not case.open or not helpline.active or helpline.id == case.helpline_id:
        raise Conflict("the case cannot be passed on there")
    leave(connection, hand, case, note, "passed_on", f"helpline={helpline.code}")
    case.give_back()
    case.helpline_id, case.times = helpline.id, helpline.due
    before = case.due_at
    case.due_from(hand.now)
    case.due_at = min(before, case.due_at)
    finish(connection, hand, case, "opened")


def _holds(hand: Hand, case: CaseFile) -> bool:
    return case.holder_id == hand.staff.id and case.held(hand.now)


def _give(hand: Hand, case: CaseFile) -> None:
    if case.state is CaseState.NEW:
        case.state = CaseState.CLAIMED
    case.holder_id, case.holder = hand.staff.id, hand.staff.name
    case.offered_id, case.help_at, case.lease_until = None, None, hand.now + LEASE
    if case.second_id == hand.staff.id:
        case.second_id = None


def _colleague(connection: Connection, hand: Hand, staff_id: int) -> StaffMember:
    """Somebody of the same helpline who may work on cases."""
    found = member_by_id(connection, staff_id)
    if found is None or found.helpline_id != hand.staff.helpline_id or not found.may(Permission.CASE_WORK):
        raise NotFound("there is no such colleague")
    return found


def _both(connection: Connection, hand: Hand, one: str, other: str) -> tuple[CaseFile, CaseFile]:
    """Two cases, locked in the order of their names: two who merge crosswise must not wait for each other."""
    found = {name: by_reference(connection, hand, name) for name in sorted((one, other))}
    return found[one], found[other]


def _has_duplicates(connection: Connection, case: CaseFile) -> bool:
    return connection.execute(select(exists(ONE).where(cases.c.main_id == case.id))).scalar_one()
