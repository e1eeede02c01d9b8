"""The custom actions, as rasa-sdk runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import ActionExecutor, ActionExecutorRunResult, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.actions.call import BadCall, Call, read_call
from bot.actions.desk import Answer, Desk
from bot.actions.message import language_of
from bot.actions.names import ACTIONS, ASKING_CHANNELS, DELIVER
from bot.actions.replies import Event, channel_of, events, responses

log = structlog.get_logger()

Work = Callable[[Call], Awaitable[Answer]]


class DialogueAction(Action):  # type: ignore[misc]
    """One custom action: reads the tracker, lets the desk work, and puts the answer into Rasa's words."""

    def __init__(self, name: str, work: Work, apology: Callable[[str], Answer]) -> None:
        self._name = name
        self._work = work
        self._apology = apology

    def name(self) -> str:
        return self._name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Raises `BadCall` where the tracker holds nothing to answer; any other fault is answered."""
        call = Call(self._name, tracker.sender_id, tuple(tracker.events), tracker.slots)
        try:
            answer = await self._work(call)
        except BadCall:
            raise
        except Exception as error:  # silence is the worst answer: the safety text stands alone
            log.error("action_failed", action=self._name, error=type(error).__name__)
            answer = self._apology(language_of(call))
        for response in responses(answer, channel_of(call.events)):
            dispatcher.utter_message(**response)
        return events(answer.turned, len(call.events))


class Executor(ActionExecutor):  # type: ignore[misc]
    """rasa-sdk's executor, for calls that were read before anything is done."""

    async def run(
        self,
        action_call: dict[str, Any],
        sink: asyncio.Queue[Any] | None = None,
        dispatcher: CollectingDispatcher | None = None,
    ) -> ActionExecutorRunResult | None:
        """Raises `ActionExecutionRejection`, which the server answers with 400 and a clear error."""
        action = action_call.get("next_action")
        name = action if isinstance(action, str) and action in ACTIONS else "unknown"
        try:
            call = read_call(action_call)
            return await super().run(call.as_json(), sink, dispatcher)
        except BadCall as error:
            log.warning("bad_call", action=name, problem=str(error))
            raise ActionExecutionRejection(name, str(error)) from None


def _silence(_: str) -> Answer:
    """Nobody asked, so there is nothing to apologise for; what waits is tried again."""
    return Answer()


def executor(desk: Desk) -> Executor:
    """All actions over a desk."""

    async def deliver(call: Call) -> Answer:
        """On a channel that can only answer, what waits is kept for the person's next message."""
        return Answer() if channel_of(call.events) in ASKING_CHANNELS else await desk.deliver(call.sender)

    made = Executor()
    for name in ACTIONS:
        work = deliver if name == DELIVER else desk.answer
        apology = _silence if name == DELIVER else desk.apology
        made.register_action(DialogueAction(name, work, apology))
    return made
