"""What the bot says of itself before the first message: commands and descriptions, by language."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.dialogue.commands import COMMANDS
from bot.core.effects import Audience, Phrase, Say
from bot.core.ports import Renderer


@dataclass(frozen=True, slots=True)
class Presentation:
    """The bot's own words in one language; ``language`` is empty for everybody else."""

    language: str
    about: str
    short: str
    commands: tuple[tuple[str, str], ...]


def presentations(renderer: Renderer, now: datetime) -> Sequence[Presentation]:
    """One for each offered language, and before them one for clients in any other."""
    own = [_presentation(renderer, code, code, now) for code in renderer.offered_languages()]
    return [_presentation(renderer, "", renderer.closest_language("en"), now), *own]


def _presentation(renderer: Renderer, code: str, language: str, now: datetime) -> Presentation:
    def words(key: str) -> str:
        say = Say((Phrase(f"everyday.{key}"),))
        return html.unescape(renderer.render(say, Audience(language), now)[0].html)

    commands = tuple((name, words(f"cmd_{name}")) for name in COMMANDS)
    return Presentation(code, words("bot_about"), words("bot_short"), commands)
