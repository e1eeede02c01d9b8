"""The dialogue: `step` takes a state and an event and gives the new state and what is to be done.

Pure and total: any event in any state has an answer, and nothing here reads a clock, a file or
the network. Telegram and Rasa run the same function, so they cannot answer differently.
"""

from __future__ import annotations

from bot.core.dialogue.step import step

__all__ = ["step"]
