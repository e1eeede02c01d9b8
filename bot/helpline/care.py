"""What those who answer do for themselves: breaks, a talk with a colleague, topics they keep away from.

It is theirs: the trail knows that it happened, and names nobody but who takes a break, because a break tells the
queue who is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.core.access import Permission
from bot.core.care import BREAKS, KEPT_FROM
from bot.core.taxonomy import FLAGS, Priority
from bot.errors import Conflict, NotFound
from bot.helpline import changes, places
from bot.helpline.care_tables import care_acts
from bot.helpline.casefile import add_event
from bot.helpline.columns import names_hold
from bot.helpline.crypto import Keyring
from bot.helpline.hand import Hand, by_reference
from bot.helpline.members import member_by_id
from bot.helpline.presence import who_works, working_since
from bot.helpline.sql import ONE, word
from bot.helpline.tables import UtcDateTime, cases, staff

ASK_LASTS = timedelta(hours=4)
"""A colleague who was asked for a talk and did not answer is asked no longer."""

_MOST_ASKS = 5


def kept_from(connection: Connection, keyring: Keyring, staff_id: int) -> tuple[str, ...]:
    """What somebody keeps away from, some of `KEPT_FROM`."""
    stored = connection.execute(select(staff.c.avoids).where(staff.c.id == staff_id)).scalar_one_or_none()
    if stored is None:
        return ()
    names = keyring.decrypt(stored, places.staff_avoids(staff_id))
    return tuple(name for name in KEPT_FROM if name in names)


def keep_from(connection: Connection, hand: Hand, names: Collection[str]) -> None:
    """Choose what to keep away from. Raises ValueError for what is none of `KEPT_FROM`."""
    if not set(names) <= set(KEPT_FROM):
        raise ValueError("there is no such topic")
    place = places.staff_avoids(hand.staff.id)
    stored = hand.keyring.encrypt(sorted(names), place) if names else None
    connection.execute(update(staff).where(staff.c.id == hand.staff.id).values(avoids=stored))
    add_event(connection, None, None, "kept_from_set", hand.now)


def for_me(connection: Connection, hand: Hand) -> ColumnElement[bool]:
    """Cases that "Take next" may bring: none of what one keeps away from, but danger to life
    that is due, or for which nobody else is there who takes everything.
    """
    names = kept_from(connection, hand.keyring, hand.staff.id)
    if not names:
        return true()
    danger = cases.c.rank == literal(-int(Priority.EMERGENCY))
    if _others_there(connection, hand):
        danger = and_(danger, cases.c.due_at <= literal(hand.now, UtcDateTime))
    return or_(~about(names), danger)


def about(names: Iterable[str]) -> ColumnElement[bool]:
    """Cases with one of these flags, of one of these topics or with just this intent."""
    return or_(
        *(
            names_hold(cases.c.flags, name)
            if name in FLAGS
            else or_(cases.c.intent == name, cases.c.intent.startswith(f"{name}/", autoescape=True))
            for name in names
        )
    )


def _others_there(connection: Connection, hand: Hand) -> bool:
    there = who_works(hand.staff.helpline_id).where(staff.c.id != hand.staff.id, staff.c.avoids.is_(None))
    bound = {"now": hand.now, "working_since": working_since(hand.now)}
    return connection.execute(there.limit(1), bound).first() is not None


def take_break(connection: Connection, hand: Hand, minutes: int) -> None:
    """Rest for 5, 10 or 20 minutes, without a reason; the queue is told.

    Raises `Conflict` while one has an emergency, which must not wait: hand it over first; ValueError for
    another length.
    """
    if minutes not in BREAKS:
        raise ValueError("a break has 5, 10 or 20 minutes")
    mine = exists(ONE).where(
        cases.c.holder_id == hand.staff.id,
        cases.c.rank == -int(Priority.EMERGENCY),
        cases.c.lease_until > literal(hand.now, UtcDateTime),
    )
    if connection.execute(select(mine)).scalar_one():
        raise Conflict("an emergency is with you: hand it over first")
    _end(connection, hand)
    until = hand.now + timedelta(minutes=minutes)
    connection.execute(
        insert(care_acts).values(staff_id=hand.staff.id, kind="break", at=hand.now, until=until)
    )
    add_event(connection, None, hand.staff.id, "break_taken", hand.now, f"minutes={minutes}")
    _tell(connection, hand.now)


def end_break(connection: Connection, hand: Hand) -> None:
    """Be back. Whoever takes a case is back as well; nobody else can end it."""
    if _end(connection, hand):
        add_event(connection, None, hand.staff.id, "break_ended", hand.now)
        _tell(connection, hand.now)


def back(connection: Connection, hand: Hand) -> None:
    """Whoever takes a case does not rest any more; the case's own news tell the pages."""
    if _end(connection, hand):
        add_event(connection, None, hand.staff.id, "break_ended", hand.now)


def _end(connection: Connection, hand: Hand) -> bool:
    running = (*_breaks(hand.now), care_acts.c.staff_id == hand.staff.id)
    return connection.execute(update(care_acts).where(*running).values(until=hand.now)).rowcount > 0


def _breaks(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return care_acts.c.kind == word("break"), care_acts.c.until > literal(now, UtcDateTime)


def resting(
    connection: Connection, helpline_id: int | None, now: datetime
) -> dict[int, tuple[str, datetime]]:
    """Who of a helpline takes a break: name, and until when."""
    joined = care_acts.join(staff, staff.c.id == care_acts.c.staff_id)
    query = (
        select(staff.c.id, staff.c.name, care_acts.c.until)
        .select_from(joined)
        .where(*_breaks(now), staff.c.helpline_id == helpline_id, staff.c.active)
    )
    rows = connection.execute(query.order_by(care_acts.c.until, staff.c.name))
    return {row.id: (row.name, row.until or now) for row in rows}


def rests(connection: Connection, staff_id: int, now: datetime) -> bool:
    """Whether somebody takes a break, in which nothing is given to him or her."""
    return connection.execute(
        select(exists(ONE).where(*_breaks(now), care_acts.c.staff_id == staff_id))
    ).scalar_one()


def mark_hard(connection: Connection, hand: Hand, reference: str) -> None:
    """ "That was hard": the case counts as a hard one for who says so. Twice is once."""
    case = by_reference(connection, hand, reference)
    row = {"staff_id": hand.staff.id, "kind": "hard", "case_id": case.id, "at": hand.now}
    if connection.execute(_HARD[connection.dialect.name], row).rowcount == 1:
        add_event(connection, None, None, "hard_marked", hand.now)


_HARD: Mapping[str, Any] = {
    "sqlite": sqlite_insert(care_acts).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(care_acts).on_conflict_do_nothing(),
}


def ask_talk(connection: Connection, hand: Hand, to: int) -> None:
    """Ask a colleague for some minutes to talk; asking again changes nothing.

    Raises `NotFound` where there is no such colleague, `Conflict` in the colleague's break, or with five
    open questions.
    """
    colleague = member_by_id(connection, to)
    if (
        colleague is None
        or colleague.id == hand.staff.id
        or colleague.helpline_id != hand.staff.helpline_id
        or not colleague.may(Permission.CASE_WORK)
    ):
        raise NotFound("there is no such colleague")
    if rests(connection, to, hand.now):
        raise Conflict("this colleague takes a break")
    asked = connection.execute(
        select(care_acts.c.to_id).where(care_acts.c.staff_id == hand.staff.id, *_asks(hand.now))
    ).scalars()
    open_ones = list(asked)
    if to in open_ones:
        return
    if len(open_ones) >= _MOST_ASKS:
        raise Conflict("several colleagues are asked already")
    row = {"staff_id": hand.staff.id, "kind": "talk", "to_id": to, "at": hand.now}
    connection.execute(insert(care_acts).values(**row))
    add_event(connection, None, None, "talk_asked", hand.now)
    _tell(connection, hand.now)


def _asks(now: datetime) -> tuple[ColumnElement[bool], ...]:
    fresh = care_acts.c.at > literal(now - ASK_LASTS, UtcDateTime)
    return care_acts.c.kind == word("talk"), care_acts.c.answer == "", fresh


def answer_talk(connection: Connection, hand: Hand, ask_id: int, yes: bool) -> None:
    """Say yes or not now. Raises `NotFound` where one is not asked, or no longer."""
    mine = (care_acts.c.id == ask_id, care_acts.c.to_id == hand.staff.id, *_asks(hand.now))
    answered = update(care_acts).where(*mine).values(answer="yes" if yes else "no")
    if connection.execute(answered).rowcount != 1:
        raise NotFound("nobody asks this any more")
    add_event(connection, None, None, "talk_answered", hand.now)
    _tell(connection, hand.now)


def _tell(connection: Connection, now: datetime) -> None:
    changes.note(connection, [(None, "care")], now)
