"""What protects those who answer: topics one keeps away from, breaks, and a word with a colleague.

Evidence for it stands in `bot.helpline.exposure`: fewer exposures and people help, not veils.
"""

from __future__ import annotations

from bot.core.taxonomy import GUIDANCE_TOPICS, SELF_HARM, SEXUAL_HARM, VIOLENCE
from bot.core.triage import OWN_BEHAVIOUR

KEPT_FROM = (SEXUAL_HARM, SELF_HARM, VIOLENCE, OWN_BEHAVIOUR, *GUIDANCE_TOPICS)
"""Flags, an intent and topics that somebody may keep away from, after own experience and without a reason."""

BREAKS = (5, 10, 20)
"""Minutes of a break."""
