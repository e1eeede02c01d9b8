"""A person for tests: writes, presses and reads over the people's API, as the chat page does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from bot.sandbox.people import ROOT
from bot.sandbox.text import Json


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as the person sees it; ``buttons`` are (label, payload or address) by row."""

    id: int
    from_bot: bool
    text: str
    entities: tuple[Json, ...]
    buttons: tuple[tuple[tuple[str, str], ...], ...]
    edited: bool
    media: str
    seen: bool
    seq: int

    @classmethod
    def of(cls, view: Json) -> Self:
        rows = (
            tuple((b["text"], b.get("callback_data", b.get("url", ""))) for b in row)
            for row in view["buttons"]
        )
        return cls(
            id=view["id"],
            from_bot=view["from_bot"],
            text=view["text"],
            entities=tuple(view["entities"]),
            buttons=tuple(rows),
            edited=view["edited"],
            media=view["media"]["kind"] if view["media"] else "",
            seen=view["seen"],
            seq=view["seq"],
        )

    def payload(self, wanted: str) -> str | None:
        """The payload of the button with this label or payload."""
        found = (data for row in self.buttons for label, data in row if wanted in (label, data))
        return next(found, None)


class Person:
    """One person. ``http`` is a client whose base address is the stand-in's.

    Every method raises `httpx.HTTPStatusError` where the stand-in refuses.
    """

    def __init__(self, http: httpx.AsyncClient, person_id: int, *, chat: int = 0) -> None:
        self._http = http
        self._chat = chat
        self._answered = 0
        self.id = person_id

    @classmethod
    async def new(
        cls, http: httpx.AsyncClient, first_name: str = "Person", language: str = "", country: str = ""
    ) -> Self:
        """A new person whose Telegram client speaks ``language``."""
        body = {"first_name": first_name, "language": language, "country": country}
        return cls(http, (await _post(http, f"{ROOT}/people", body))["id"])

    async def say(self, text: str, *, reply_to: int = 0, forwarded: bool = False) -> Seen:
        """Write; the (last) message as it was sent."""
        body = {"text": text, "reply_to": reply_to, "forwarded": forwarded, **self._in_chat}
        return Seen.of((await self._post("messages", body))["messages"][-1])

    async def edit(self, text: str, message_id: int = 0) -> Seen:
        """Change an own message, the newest by default."""
        target = message_id or [m for m in await self.messages() if not m.from_bot][-1].id
        return Seen.of(await self._post(f"messages/{target}/edit", {"text": text, **self._in_chat}))

    async def press(self, button: str, message_id: int = 0) -> str:
        """Press the newest button with this label or payload; the press's id.

        With a ``message_id``, ``button`` is pressed there even if the message shows it no more.
        Raises `LookupError` where no message has such a button.
        """
        target, data = message_id, button
        if not message_id:
            target, data = await self._find(button)
        return str((await self._post(f"messages/{target}/press", {"data": data, **self._in_chat}))["press"])

    async def _find(self, button: str) -> tuple[int, str]:
        for message in reversed(await self.messages()):
            if (data := message.payload(button)) is not None:
                return message.id, data
        raise LookupError("no message has this button")

    async def send(self, kind: str, caption: str = "") -> Seen:
        """Attach a pretend photo, video, voice, document, sticker, location or contact."""
        return Seen.of(await self._post("media", {"kind": kind, "caption": caption, **self._in_chat}))

    async def send_photo(self, caption: str = "") -> Seen:
        return await self.send("photo", caption)

    async def block(self) -> None:
        await self._post("block", {"blocked": True})

    async def unblock(self) -> None:
        await self._post("block", {"blocked": False})

    async def messages(self) -> Sequence[Seen]:
        """The whole chat, oldest first."""
        return [Seen.of(view) for view in (await self._get())["messages"]]

    async def answers(self, wait: float = 10.0) -> Sequence[Seen]:
        """The bot's messages, new or edited, since the last call; waits at most ``wait`` seconds for one."""
        got = await self._get(after=self._answered, wait=wait)
        self._answered = got["seq"]
        return [Seen.of(view) for view in got["messages"] if view["from_bot"]]

    async def make_group(self, title: str = "Class 3") -> Person:
        """A group with the bot; the same person, speaking there."""
        made = await self._post("groups", {"title": title})
        return Person(self._http, self.id, chat=made["chat"])

    async def remove_bot(self) -> None:
        """Take the bot out of the group."""
        await self._post("groups/remove-bot", self._in_chat)

    @property
    def _in_chat(self) -> Json:
        return {"chat": self._chat} if self._chat else {}

    async def _post(self, path: str, body: Json) -> Any:
        return await _post(self._http, f"{ROOT}/people/{self.id}/{path}", body)

    async def _get(self, **query: float) -> Any:
        path = f"{ROOT}/people/{self.id}/messages"
        answer = await self._http.get(path, params={**query, **self._in_chat}, timeout=60.0)
        answer.raise_for_status()
        return answer.json()


async def _post(http: httpx.AsyncClient, path: str, body: Json) -> Any:
    answer = await http.post(path, json=body)
    answer.raise_for_status()
    return answer.json()
