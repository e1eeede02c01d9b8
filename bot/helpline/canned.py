"""Texts that a helpline's staff keep ready, one row for each language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bot.core.taxonomy import LANGUAGES
from bot.errors import Conflict, WrongField
from bot.helpline import trail
from bot.helpline.desk import LONGEST_REPLY
from bot.helpline.hand import clean
from bot.helpline.members import StaffMember
from bot.helpline.tables import staff
from bot.helpline.work_tables import canned_texts

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TOPIC = re.compile(r"[a-z_/]{0,64}")


@dataclass(frozen=True, slots=True)
class CannedText:
    """A ready text. ``code`` is what staff type to find it; ``version`` is 0 for a new one."""

    code: str
    language: str
    text: str
    topic: str = ""
    active: bool = True
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str = ""
    back: str = ""
    """What it says in ``back_language``, as ``back_by`` of the staff wrote it; empty where nobody did."""

    back_language: str = ""
    back_by: str = ""
    back_old: bool = False
    """It was written for an earlier version of the text."""


def checked(given: CannedText) -> CannedText:
    """The text as it is kept. Raises `WrongField`, and ValueError for the text itself."""
    code = given.code.strip().lower()
    if not _CODE.fullmatch(code):
        raise WrongField("code", "a code has 1 to 40 small letters, digits or -")
    if given.language not in LANGUAGES:
        raise WrongField("language", "a language is one of those in which people write")
    if not _TOPIC.fullmatch(given.topic):
        raise WrongField("topic", "a topic is one of the list")
    return replace(given, code=code, text=clean(given.text, LONGEST_REPLY))


def texts(connection: Connection, member: StaffMember, language: str) -> Sequence[CannedText]:
    """Texts of the member's helpline; of one language those in use."""
    reader = staff.alias("reader")
    query = select(canned_texts, staff.c.name, reader.c.name.label("reader")).select_from(
        canned_texts.outerjoin(staff, staff.c.id == canned_texts.c.changed_by).outerjoin(
            reader, reader.c.id == canned_texts.c.back_by
        )
    )
    query = query.where(canned_texts.c.helpline_id == member.helpline_id)
    if language:
        query = query.where(canned_texts.c.language == language, canned_texts.c.active)
    return [
        CannedText(
            code=row.code,
            language=row.language,
            text=row.text,
            topic=row.topic,
            active=row.active,
            version=row.version,
            changed_at=row.changed_at,
            changed_by=row.name or "",
            back=row.back,
            back_language=row.back_language,
            back_by=row.reader or "",
            back_old=bool(row.back) and row.back_of != row.version,
        )
        for row in connection.execute(query.order_by(canned_texts.c.code, canned_texts.c.language))
    ]


def keep(connection: Connection, member: StaffMember, given: CannedText, now: datetime) -> None:
    """Make a text, or change the version that the writer had before him or her."""
    detail = f"text={given.code} language={given.language}"
    trail.note(connection, trail.Entry(now, None, member.id, "text_kept", detail))
    values = {
        "topic": given.topic,
        "text": given.text,
        "active": given.active,
        "changed_at": now,
        "changed_by": member.id,
        "version": given.version + 1,
    }
    own = (
        canned_texts.c.helpline_id == member.helpline_id,
        canned_texts.c.code == given.code,
        canned_texts.c.language == given.language,
    )
    if given.version:
        known = update(canned_texts).where(*own, canned_texts.c.version == given.version)
        if connection.execute(known.values(**values)).rowcount != 1:
            raise Conflict("the text was changed in between")
        return
    if connection.execute(select(canned_texts.c.id).where(*own)).one_or_none() is not None:
        raise Conflict("there is such a text already")
    new = {**values, "helpline_id": member.helpline_id, "code": given.code, "language": given.language}
    connection.execute(insert(canned_texts), new)
