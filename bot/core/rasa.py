"""Names and rankings of intents as Rasa has them.

In Rasa a slash marks a retrieval intent, so a dot stands in its place.
"""

from __future__ import annotations

from collections.abc import Collection

from bot.core.reading import Ranked
from bot.core.taxonomy import GUIDANCE_TOPICS

_OURS, _THEIRS = "/", "."
_ONE = 1.000001
"""Sums of probabilities may end a little above one."""


class NoRanking(ValueError):
    """What was to be a parse result of Rasa holds no ranking of ours; the text is a short reason."""


def to_rasa(intent: str) -> str:
    """``bullying.victim`` of ``bullying/victim``; a plain intent is the same on both sides."""
    return intent.replace(_OURS, _THEIRS)


def from_rasa(name: str) -> str:
    """``bullying/victim`` of ``bullying.victim``; a name that is not of ours is left as it is."""
    topic, mark, rest = name.partition(_THEIRS)
    return f"{topic}{_OURS}{rest}" if mark and topic in GUIDANCE_TOPICS else name


def ranking_of(answer: object, intents: Collection[str]) -> tuple[Ranked, ...]:
    """Our intents in a parse result, best first. Raises `NoRanking` where there are none."""
    if not isinstance(answer, dict):
        raise NoRanking("wrong_shape")
    items = answer.get("intent_ranking") or [answer.get("intent")]
    if not isinstance(items, list):
        raise NoRanking("wrong_shape")
    best: dict[str, Ranked] = {}
    for item in items:
        ranked = _ranked(item)
        if ranked.name in intents and ranked.confidence >= best.get(ranked.name, ranked).confidence:
            best[ranked.name] = ranked
    if not best:
        raise NoRanking("unknown_intents")
    return tuple(sorted(best.values(), key=lambda ranked: -ranked.confidence))


def _ranked(item: object) -> Ranked:
    match item:
        case {"confidence": bool()}:
            pass
        case {"name": str() | None as name, "confidence": int() | float() as confidence}:
            if 0 <= confidence <= _ONE:  # nan is neither, and no float need be made of a number without end
                # Without a name it is Rasa's answer to a text in which it knows nothing.
                return Ranked(from_rasa(name or ""), min(1.0, float(confidence)))
    raise NoRanking("wrong_shape")


def payload_to_rasa(payload: str) -> str:
    """A button's payload with the intent's name as Rasa has it: ``/bullying.victim{…}``."""
    name, brace, slots = payload[1:].partition("{")
    return f"/{to_rasa(name)}{brace}{slots}"


def payload_from_rasa(payload: str) -> str:
    """The payload again as a button of ours carries it."""
    name, brace, slots = payload[1:].partition("{")
    return f"/{name.replace(_THEIRS, _OURS)}{brace}{slots}"
