"""Which helpline a case belongs to: who covers the country and the language, and is open now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.core.effects import Audience
from bot.core.helplines import Helpline, chosen
from bot.helpline.casefile import CaseFile
from bot.helpline.helplines import all_helplines


def route(connection: Connection, case: CaseFile, now: datetime) -> None:
    """Give a case to a helpline; what a person waits for is counted by its times."""
    helpline = choose(all_helplines(connection), case.audience, now)
    case.helpline_id, case.times = helpline.id, helpline.due
    case.due_from(now)


def choose(helplines: Sequence[Helpline], audience: Audience, now: datetime) -> Helpline:
    """As `bot.core.helplines.chosen`, which the dialogue asks too: what it says must be what happens."""
    line = chosen(helplines, audience, now)
    assert line is not None  # the default helpline is always there
    return line
