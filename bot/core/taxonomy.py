"""What people write about (intents), the signs of danger (flags) and what follows from them.

The names come from ``intents/taxonomy.yml``; the flags are fixed here because rules hang on
each of them, and a check holds the file equal to this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

IMMINENT_DANGER = "imminent_danger"
SELF_HARM = "self_harm"
SEXUAL_HARM = "sexual_harm"
VIOLENCE = "violence"
CHILD_USER = "child_user"
HUMAN_REQUESTED = "human_requested"

FLAGS = (IMMINENT_DANGER, SELF_HARM, SEXUAL_HARM, VIOLENCE, CHILD_USER, HUMAN_REQUESTED)
DANGER_FLAGS = (IMMINENT_DANGER, SELF_HARM, SEXUAL_HARM, VIOLENCE)
"""The flags that mean harm to somebody, gravest first."""

LANGUAGES = ("es", "en", "fr", "sw", "rw", "gn")
COUNTRIES = ("bo", "cd", "co", "cr", "gh", "gt", "hn", "ni", "pa", "py", "rw", "sn", "sv", "td", "tz")
ROLES = ("parent", "teacher", "child")

OUT_OF_SCOPE = "out_of_scope"
GUIDANCE_TOPICS = ("bullying", "identity_theft", "targeted_marketing", "abuse")
GUIDANCE_SINGLES = ("parental_controls", "classroom_tips")


class Priority(IntEnum):
    """How soon a person must look; a greater number is more urgent."""

    ROUTINE = 1
    URGENT = 2
    EMERGENCY = 3


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Intents and flags with their meaning, as written in ``intents/taxonomy.yml``."""

    intents: Mapping[str, str]
    flags: Mapping[str, str]

    @property
    def guidance(self) -> tuple[str, ...]:
        """The intents that are answered with guidance, in the file's order."""
        return tuple(name for name in self.intents if is_guidance(name))


def is_guidance(intent: str) -> bool:
    """Whether an intent is answered with guidance rather than by the dialogue itself."""
    return (topic_of(intent) in GUIDANCE_TOPICS and "/" in intent) or intent in GUIDANCE_SINGLES


def topic_of(intent: str) -> str:
    """``bullying`` of ``bullying/victim``; a plain intent is its own topic."""
    return intent.partition("/")[0]
