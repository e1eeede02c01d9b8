"""Troubles of the Bot API to be made on purpose: for tests, and to see the bot cope in the demo."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from bot.sandbox.text import Json

Kind = Literal["too_many_requests", "server_error", "silence", "refused", "rejected", "delay"]


@dataclass(slots=True)
class Fault:
    """One trouble. It strikes ``times`` matching calls, or without end where that is None.

    - ``too_many_requests``: 429 with ``retry_after`` (seconds), nothing done.
    - ``server_error``: ``code`` (5xx), nothing done.
    - ``silence``: the call is carried out, but no answer ever comes.
    - ``refused``: the connection is closed, nothing done.
    - ``rejected``: ``code`` and ``description`` in Telegram's form, nothing done.
    - ``delay``: carried out and answered ``seconds`` later.

    ``chat_id`` and ``method`` narrow it; without a method, getUpdates is spared.
    """

    kind: Kind
    times: int | None = 1
    chat_id: int | None = None
    method: str = ""
    code: int = 502
    description: str = "Bad Gateway"
    retry_after: int = 5
    seconds: float = 0.0

    def strikes(self, method: str, chat_id: int | None) -> bool:
        name = method.lower()
        fits = name == self.method.lower() if self.method else name != "getupdates"
        return fits and self.chat_id in (None, chat_id) and self.times != 0


class Faults:
    """The troubles in force; the first that fits a call strikes it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def too_many_requests(self, chat_id: int, retry_after: int = 5, times: int | None = 1) -> None:
        self.add(Fault("too_many_requests", times, chat_id, retry_after=retry_after))

    def server_errors(self, times: int = 1, code: int = 502, method: str = "") -> None:
        self.add(Fault("server_error", times, method=method, code=code))

    def silence(self, times: int = 1, method: str = "") -> None:
        self.add(Fault("silence", times, method=method))

    def refuse(self, times: int | None = None, method: str = "") -> None:
        self.add(Fault("refused", times, method=method))

    def reject(self, chat_id: int, code: int, description: str, times: int | None = 1) -> None:
        self.add(Fault("rejected", times, chat_id, code=code, description=description))

    def delay(self, seconds: float, times: int | None = None, method: str = "") -> None:
        self.add(Fault("delay", times, method=method, seconds=seconds))

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, method: str, chat_id: int | None, kinds: frozenset[Kind] | None = None) -> Fault | None:
        """The fault for a call, counted down; with ``kinds``, only faults of these."""
        for fault in self._faults:
            if (kinds is None or fault.kind in kinds) and fault.strikes(method, chat_id):
                if fault.times is not None:
                    fault.times -= 1
                self._faults = [left for left in self._faults if left.times != 0]
                return fault
        return None

    def rows(self) -> list[Json]:
        return [asdict(fault) for fault in self._faults]


def fault_of(row: Any) -> Fault:
    """A fault from JSON. Raises `ValueError` in words that hold nothing of the input."""
    if not isinstance(row, dict) or row.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    types: dict[str, tuple[type, ...]] = {
        "times": (int, type(None)),
        "chat_id": (int, type(None)),
        "method": (str,),
        "code": (int,),
        "description": (str,),
        "retry_after": (int,),
        "seconds": (int, float),
    }
    for name, value in row.items():
        if name != "kind" and (
            name not in types or not isinstance(value, types[name]) or isinstance(value, bool)
        ):
            raise ValueError("a field is unknown or of the wrong type")
    fault = Fault(**row)
    if not 400 <= fault.code <= 599 or not 0 <= fault.seconds <= 600 or not 0 <= fault.retry_after <= 86_400:
        raise ValueError("code, seconds or retry_after is out of range")
    return fault
