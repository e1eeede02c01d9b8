"""Which content a running bot speaks and understands with, for staff to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ContentProblem:
    """What keeps an edit from being used: file, line (0 for the whole file) and what to do."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ContentState:
    """Content in use ``since`` a time.

    ``problems`` are those of a newer edit, which is not in use until they are mended. ``learning`` is true while
    a new model is trained; the old one understands people meanwhile.
    """

    since: datetime
    problems: tuple[ContentProblem, ...] = ()
    learning: bool = False
