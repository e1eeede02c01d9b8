"""Names of intents on a Rasa server: there a slash marks a retrieval intent, so a dot stands in its place."""

from __future__ import annotations

from bot.core.taxonomy import GUIDANCE_TOPICS

_OURS, _THEIRS = "/", "."


def to_rasa(intent: str) -> str:
    """``bullying.victim`` of ``bullying/victim``; a plain intent is the same on both sides."""
    return intent.replace(_OURS, _THEIRS)


def from_rasa(name: str) -> str:
    """``bullying/victim`` of ``bullying.victim``; a name that is not of ours is left as it is."""
    topic, mark, rest = name.partition(_THEIRS)
    return f"{topic}{_OURS}{rest}" if mark and topic in GUIDANCE_TOPICS else name
