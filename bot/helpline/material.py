"""Checked words that staff can put into an answer: guidance on the topic, services of the country, ready texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.effects import Audience, Block, Guidance, Kind, Part, Phrase, Say, Services
from bot.core.ports import Renderer
from bot.core.taxonomy import is_guidance
from bot.helpline.dispatch import plain

_PARTS = {"steps": Part.FIRST, "more": Part.MORE, "say": Part.SAY, "avoid": Part.AVOID}
_ALWAYS = ("emergency", "child_helpline")


@dataclass(frozen=True, slots=True)
class Material:
    """A text ready to be put into an answer. ``kind`` is knock, steps, more, say, avoid, services or canned.

    ``title`` is the code of a ready text, and empty for all others.
    """

    kind: str
    text: str
    title: str = ""
    back: str = ""
    """What a ready text says in ``back_language``, as ``back_by`` wrote it for just this version; or empty."""

    back_language: str = ""
    back_by: str = ""


def checked_words(renderer: Renderer, intent: str, audience: Audience, now: datetime) -> tuple[Material, ...]:
    """What ``responses/`` holds on an intent, in the person's language and for the person's country.

    The first one asks whether it is a good moment, and tells nobody who reads along what it is about.
    """
    wanted: list[tuple[str, Block]] = [("knock", Phrase("everyday.contact_knock_moment"))]
    kinds: tuple[str, ...] = _ALWAYS
    if is_guidance(intent):
        wanted += [(kind, Guidance(intent, part)) for kind, part in _PARTS.items()]
        named = renderer.guidance_facts(intent).get("contacts", ())
        kinds = tuple(dict.fromkeys((*_ALWAYS, *named)))
    wanted.append(("services", Services(kinds)))
    found = (Material(kind, _words(renderer, block, audience, now)) for kind, block in wanted)
    return tuple(item for item in found if item.text)


def _words(renderer: Renderer, block: Block, audience: Audience, now: datetime) -> str:
    messages = renderer.render(Say((block,), kind=Kind.STAFF), audience, now)
    return "\n\n".join(plain(message).strip() for message in messages).strip()
