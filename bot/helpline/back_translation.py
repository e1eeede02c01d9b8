"""A ready text read back: what it says, written into another language by somebody of the staff who knows both.

Nothing is translated by a machine or sent anywhere. It counts for the version of the text that was read,
and for no later one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, update

from bot.core.taxonomy import LANGUAGES
from bot.errors import Conflict, WrongField
from bot.helpline import trail
from bot.helpline.desk import LONGEST_REPLY
from bot.helpline.hand import clean
from bot.helpline.members import StaffMember
from bot.helpline.work_tables import canned_texts


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the text ``code`` in ``language`` says, in the language ``into``; no text takes an earlier one away.

    ``version`` is that of the text which the writer had before him or her.
    """

    code: str
    language: str
    into: str
    text: str
    version: int


def checked(given: ReadBack) -> ReadBack:
    """As it is kept. Raises `WrongField`, and ValueError for the text itself."""
    if given.into not in LANGUAGES or given.into == given.language:
        raise WrongField("language", "a text is read back into another language of the list")
    text = clean(given.text, LONGEST_REPLY) if given.text.strip() else ""
    return replace(given, text=text)


def keep(connection: Connection, member: StaffMember, given: ReadBack, now: datetime) -> None:
    """Put it beside the text. Raises `Conflict` where the text is another one by now, or there is none."""
    known = update(canned_texts).where(
        canned_texts.c.helpline_id == member.helpline_id,
        canned_texts.c.code == given.code,
        canned_texts.c.language == given.language,
        canned_texts.c.version == given.version,
    )
    values = {
        "back": given.text,
        "back_language": given.into if given.text else "",
        "back_of": given.version if given.text else 0,
        "back_by": member.id if given.text else None,
    }
    if connection.execute(known.values(**values)).rowcount != 1:
        raise Conflict("the text was changed in between")
    detail = f"text={given.code} language={given.language} into={given.into}"
    what = "text_read_back" if given.text else "text_back_gone"
    trail.note(connection, trail.Entry(now, None, member.id, what, detail))
