"""More than one problem in a message: its sentences are read by themselves too."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core.ports import TextReader
from bot.core.reading import Reading
from bot.core.taxonomy import is_guidance, topic_of
from bot.errors import MatcherUnavailable

SURE = 0.6
"""A sentence names a topic of its own only where it is this clear."""

_ENDS = re.compile(r"[.!?;\n]+")
_FEWEST_WORDS = 4
_MOST_SENTENCES = 6


async def with_other_topics(reading: Reading, reader: TextReader) -> Reading:
    """The reading with the topics of single sentences that are not its own."""
    sentences = [part.strip() for part in _ENDS.split(reading.text)]
    clear = [part for part in sentences if len(part.split()) >= _FEWEST_WORDS][:_MOST_SENTENCES]
    if len(clear) < 2:
        return reading
    own = topic_of(reading.intent.name)
    found: dict[str, str] = {}
    for sentence in clear:
        try:
            one = await reader.read(sentence, language_hint=reading.language)
        except MatcherUnavailable:
            return reading
        name, topic = one.intent.name, topic_of(one.intent.name)
        if is_guidance(name) and topic != own and one.intent.confidence >= SURE:
            found.setdefault(topic, name)
    return replace(reading, also=tuple(found.values()))
