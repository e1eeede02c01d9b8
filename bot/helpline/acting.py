"""What the parts of the staff's service share: the database, who acts, and who hears of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from bot.core.ports import Clock, Renderer
from bot.helpline.bell import Bell
from bot.helpline.changes import Changes
from bot.helpline.crypto import Keyring
from bot.helpline.database import Database
from bot.helpline.hand import Hand
from bot.helpline.staff import StaffAccounts, StaffMember

P = ParamSpec("P")
T = TypeVar("T")


class Acting:
    """Acts of staff on the database, each one transaction."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        renderer: Renderer,
        *,
        accounts: StaffAccounts,
        changes: Changes,
        work: Bell,
        delivery: Bell,
        change: Bell,
        webhooks_inside: bool = False,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._renderer = renderer
        self._accounts = accounts
        self._changes = changes
        self._work = work
        self._delivery = delivery
        self._change = change
        self._webhooks_inside = webhooks_inside

    async def _act(
        self,
        work: Callable[Concatenate[Connection, Hand, P], T],
        staff: StaffMember,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        result = await self._database.run(work, self._hand(staff), *args, **kwargs)
        self._delivery.ring()
        self._change.ring()
        return result

    def _hand(self, staff: StaffMember) -> Hand:
        return Hand(staff, self._clock.now(), self._keyring, self._renderer)
