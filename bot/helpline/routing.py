"""Which helpline a case belongs to: who covers the country and the language, and is open now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.core.effects import Audience
from bot.core.helplines import Helpline
from bot.helpline.casefile import CaseFile
from bot.helpline.helplines import all_helplines


def route(connection: Connection, case: CaseFile, now: datetime) -> None:
    """Give a case to a helpline; what a person waits for is counted by its times."""
    helpline = choose(all_helplines(connection), case.audience, now)
    case.helpline_id, case.times = helpline.id, helpline.due
    case.due_from(now)


def choose(helplines: Sequence[Helpline], audience: Audience, now: datetime) -> Helpline:
    """The one that is there for the person now: one made for the country goes before one made for the
    language, and either before one that takes everything. Nobody: the default one, which never closes.
    """
    there = [
        line
        for line in helplines
        if line.active
        and not line.is_default
        and line.covers(audience.country, audience.language)
        and line.open_at(now)
    ]
    default = next(line for line in helplines if line.is_default)
    return min(there, key=lambda line: (not line.countries, not line.languages, line.code), default=default)
