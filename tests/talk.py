"""What a player of conversations needs of a bot, whichever way it is talked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.content.phrasebook import Phrasebook
from bot.core.case import QueueRow
from bot.helpline import Store
from bot.helpline.staff import StaffMember
from tests.clock import FixedClock


class Shown(Protocol):
    """A message as the person sees it."""

    @property
    def text(self) -> str: ...

    @property
    def keyboard(self) -> Sequence[Sequence[Mapping[str, Any]]] | None:
        """Rows of buttons, each with ``text`` and ``callback_data``."""
        ...


class Talk(Protocol):
    """A bot that can be talked to; what is new for the person comes back."""

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> FixedClock: ...

    @property
    def book(self) -> Phrasebook: ...

    @property
    def staff(self) -> StaffMember: ...

    def person(self, name: str = "Rosa", client: str = "es") -> int: ...

    async def say(self, text: str, name: str = "Rosa", client: str = "es") -> Sequence[Shown]: ...

    async def press(self, label: str, name: str = "Rosa") -> Sequence[Shown]: ...

    async def edit(self, text: str, name: str = "Rosa") -> Sequence[Shown]: ...

    async def send(self, kind: str, name: str = "Rosa") -> Sequence[Shown]: ...

    async def answers(self, person: int) -> Sequence[Shown]: ...

    async def queue(self, view: str = "open") -> list[QueueRow]: ...

    async def sign_in(self) -> None: ...
