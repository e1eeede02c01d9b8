"""A check of the whole trail that runs beside requests: a long trail takes longer than a page may."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.helpline.audit import AuditTrail, Verdict

PATIENCE = 2.0
"""Seconds that somebody is kept waiting: a short trail is read through by then."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a check is, from 0 to 1, and its verdict once it is through; ``number`` is to ask again with."""

    number: int
    share: float
    verdict: Verdict | None = None


class TrailCheck:
    """Checks of one process, one at a time. ``patience``: seconds for which `ask` waits for the end."""

    def __init__(self, trail: AuditTrail, patience: float = PATIENCE) -> None:
        self._trail = trail
        self.patience = patience
        self._task: asyncio.Task[Verdict] | None = None
        self._number = 0
        self._expected = ""
        self._share = 0.0

    async def ask(self, expected: str = "", number: int = 0) -> Checked:
        """Begin a check, or look at the one that was begun under this ``number``.

        A verdict that somebody else asked for, perhaps hours ago, is given to nobody; while another check
        runs, its share is told, and ours begins when we ask again after its end.

        Raises ValueError where ``expected`` is malformed, and what the store raises.
        """
        same = number == self._number and expected == self._expected
        if self._task is None or (self._task.done() and not same):
            self._task = self._begin(expected)
        task, asked = self._task, Checked(self._number, self._share)
        await asyncio.wait({task}, timeout=self.patience)
        if not task.done() or expected != self._expected or asked.number != self._number:
            return Checked(asked.number, self._share)
        self._task = None
        return Checked(asked.number, 1.0, task.result())

    def _begin(self, expected: str) -> asyncio.Task[Verdict]:
        self._number, self._expected, self._share = self._number + 1, expected, 0.0
        task = asyncio.create_task(self._trail.verify(expected, self._tell))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # perhaps nobody asks again
        return task

    def _tell(self, _: str, share: float) -> None:
        self._share = share
