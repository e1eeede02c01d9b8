"""A circuit breaker: a server that fails again and again is left alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.ports import Clock

FAILURES = 3
REST = timedelta(seconds=10)


class Breaker:
    """Closed, it lets everything through; after ``failures`` in a row it opens for ``rest``.

    Then one call at a time may try: it closes the breaker or opens it anew.
    """

    def __init__(self, clock: Clock, *, failures: int = FAILURES, rest: timedelta = REST) -> None:
        self._clock = clock
        self._most = failures
        self._rest = rest
        self._in_a_row = 0
        self._open_until: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether the server is being left alone."""
        return self._open_until is not None

    def allows(self) -> bool:
        """Whether to call now. A trial call after the rest holds back the others for another rest."""
        if self._open_until is None:
            return True
        now = self._clock.now()
        if now < self._open_until:
            return False
        self._open_until = now + self._rest
        return True

    def worked(self) -> None:
        """The call was answered well."""
        self._in_a_row = 0
        self._open_until = None

    def failed(self) -> None:
        """The call failed."""
        self._in_a_row += 1
        if self._in_a_row >= self._most:
            self._open_until = self._clock.now() + self._rest
