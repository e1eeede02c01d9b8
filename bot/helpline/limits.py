"""How often something may be tried: counted by keyed hashes of who tries, forgiven after a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from bot.errors import TooManyTries
from bot.helpline.tables import sign_in_failures

WINDOW = timedelta(minutes=15)
"""Failures older than this are forgiven."""

Limits = Mapping[bytes, int]
"""How many tries each subject has within `WINDOW`."""


def count_try(connection: Connection, subjects: Limits, now: datetime) -> None:
    """Count a try as failed before it is made: tries at the same moment must not pass together.

    Raises `TooManyTries`.
    """
    query = (
        select(sign_in_failures.c.subject, func.count())
        .where(sign_in_failures.c.subject.in_(list(subjects)), sign_in_failures.c.at > now - WINDOW)
        .group_by(sign_in_failures.c.subject)
    )
    for subject, count in connection.execute(query):
        if count >= subjects[subject]:
            raise TooManyTries
    connection.execute(insert(sign_in_failures), [{"subject": subject, "at": now} for subject in subjects])
