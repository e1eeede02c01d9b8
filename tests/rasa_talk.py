"""A person who talks through Rasa: plays the part of Rasa's server towards the real action server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.actions.desk import Desk
from bot.actions.names import ANSWER, DELIVER, DELIVERY_INTENT
from bot.actions.sdk import executor
from bot.actions.server import serving_actions
from bot.content.phrasebook import Phrasebook
from bot.core.case import QueueRow
from bot.core.ports import TextReader
from bot.core.rasa import to_rasa
from bot.core.taxonomy import Taxonomy
from bot.helpline import Store, open_store
from bot.helpline.staff import StaffMember
from bot.matching.patterns import PatternLayer
from bot.wiring.papers import PaperMaker
from bot.wiring.serve import listen, url_of
from tests.clock import FixedClock
from tests.whole import MIDDAY, PASSWORD

TOKEN = "the token that Rasa sends"
RASA = "3.6.21"


@dataclass(frozen=True, slots=True)
class Seen:
    """A response of the action server, as a channel shows it."""

    text: str
    buttons: Sequence[Mapping[str, str]] = ()

    @property
    def keyboard(self) -> list[list[dict[str, Any]]]:
        return [[{"text": b["title"], "callback_data": b["payload"]}] for b in self.buttons]


@dataclass
class Tracker:
    """What Rasa keeps of one conversation, and how it would send it."""

    sender: str
    language: str
    channel: str = "callback"
    events: list[dict[str, Any]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)

    def call(self, action: str) -> dict[str, Any]:
        """The body of a call, as `RemoteAction` of Rasa 3.6 makes it."""
        users = [event for event in self.events if event["event"] == "user"]
        state = {
            "sender_id": self.sender,
            "slots": {"requested_slot": None, "session_started_metadata": None, **self.slots},
            "latest_message": users[-1]["parse_data"] if users else {},
            "latest_event_time": 1.0,
            "followup_action": None,
            "paused": False,
            "events": self.events,
            "latest_input_channel": self.channel,
            "active_loop": {},
            "latest_action": {"action_name": "action_listen"},
            "latest_action_name": "action_listen",
        }
        return {
            "next_action": action,
            "sender_id": self.sender,
            "tracker": state,
            "version": RASA,
            "domain": {},
        }

    def said(self, text: str, parse_data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """A message of the person."""
        event = {
            "event": "user",
            "timestamp": float(len(self.events)),
            "text": text,
            "parse_data": dict(parse_data),
            "input_channel": self.channel,
            "message_id": uuid.uuid4().hex,
            "metadata": dict(metadata),
        }
        self.events.append(event)

    def take(self, answer: Mapping[str, Any]) -> list[Seen]:
        """What Rasa makes of an answer: responses to the channel, events into the tracker."""
        seen = []
        for response in answer["responses"]:
            if not response["text"]:
                continue
            seen.append(Seen(response["text"], response["buttons"]))
            data = {"buttons": response["buttons"] or None}
            self.events.append({"event": "bot", "text": response["text"], "data": data, "metadata": {}})
        for event in answer["events"]:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        return seen


@dataclass
class RasaTalk:
    """A bot behind the action server, over real HTTP."""

    http: httpx.AsyncClient
    store: Store
    reader: TextReader
    book: Phrasebook
    clock: FixedClock
    staff: StaffMember
    trackers: dict[int, Tracker] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def person(self, name: str = "Rosa", client: str = "es") -> int:
        if name not in self.names:
            self.names[name] = len(self.names) + 1
            self.trackers[self.names[name]] = Tracker(f"sender {name}", client)
        return self.names[name]

    async def say(self, text: str, name: str = "Rosa", client: str = "es") -> Sequence[Seen]:
        return await self._says(self.person(name, client), text)

    async def press(self, label: str, name: str = "Rosa") -> Sequence[Seen]:
        """Press the newest button with this label, as a channel sends it back."""
        person = self.person(name)
        for event in reversed(self.trackers[person].events):
            for button in (event.get("data") or {}).get("buttons") or ():
                if label in (button["title"], button["payload"], _ours(button["payload"])):
                    return await self._says(person, button["payload"])
        raise AssertionError(f"no button “{label}” was ever shown")

    async def edit(self, text: str, name: str = "Rosa") -> Sequence[Seen]:
        return await self._says(self.person(name), text, edited=True)

    async def send(self, kind: str, name: str = "Rosa") -> Sequence[Seen]:
        return await self._says(self.person(name), "", media=kind)

    async def answers(self, person: int) -> Sequence[Seen]:
        """What waits for the person, as Rasa fetches it when it was told so."""
        tracker = self.trackers[person]
        external = {"intent": {"name": DELIVERY_INTENT, "confidence": 1.0}, "entities": []}
        tracker.said(f"EXTERNAL: {DELIVERY_INTENT}", external, {"is_external": True})
        return tracker.take(await self.call(tracker, DELIVER))

    async def queue(self, view: str = "open") -> list[QueueRow]:
        return list((await self.store.service.queue(self.staff, view=view)).rows)  # type: ignore[arg-type]

    async def sign_in(self) -> None:
        await self.store.staff.sign_in(self.staff.login, PASSWORD, "127.0.0.1")

    async def call(self, tracker: Tracker, action: str = ANSWER) -> Mapping[str, Any]:
        """Call an action and give its answer."""
        response = await self.http.post("/webhook", json=tracker.call(action))
        assert response.status_code == 200, response.text
        answer: Mapping[str, Any] = response.json()
        return answer

    async def _says(self, person: int, text: str, **metadata: Any) -> Sequence[Seen]:
        tracker = self.trackers[person]
        parsed: dict[str, Any] = {"intent": {"name": None, "confidence": 0.0}, "intent_ranking": []}
        if text and not text.startswith("/"):
            parsed = (await self.reader.read(text)).as_dict()
            for item in (parsed["intent"], *parsed["intent_ranking"]):
                item["name"] = to_rasa(item["name"])
        tracker.said(text, parsed, {"language": tracker.language, **metadata})
        return tracker.take(await self.call(tracker))


def _ours(payload: str) -> str:
    name, brace, rest = payload.partition("{")
    return name.replace(".", "/") + brace + rest


@asynccontextmanager
async def rasa_talk(
    url: str,
    keys: list[str],
    pepper: str,
    book: Phrasebook,
    reader: TextReader,
    scan: PatternLayer,
    taxonomy: Taxonomy,
) -> AsyncIterator[RasaTalk]:
    """The action server on a socket of its own, over the database at ``url``."""
    clock = FixedClock(MIDDAY)
    store = await open_store(url, keys=keys, pepper=pepper, clock=clock, renderer=book, waive_codes=True)
    desk = Desk(
        inbox=store.inbox,
        turns=store.turns,
        outbox=store.outbox,
        reader=reader,
        scan=scan,
        renderer=book,
        clock=clock,
        intents=taxonomy.intents,
    )
    listener = listen("127.0.0.1:0", "AMPARO_ACTIONS_BIND")
    serving = serving_actions(
        executor(desk), listener, token=TOKEN, ping=store.database.ping, papers=PaperMaker(book, clock)
    )
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with serving, httpx.AsyncClient(base_url=url_of(listener), headers=headers) as http:
            staff = await store.staff.add("ana", "Ana", PASSWORD)
            yield RasaTalk(http, store, reader, book, clock, staff)
    finally:
        await store.close()
