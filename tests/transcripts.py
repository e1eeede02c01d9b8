"""Writes out what conversations look like to a person, so that they can be read aloud.

``python -m tests.transcripts`` plays ``tests/conversations/long.yml``; another file of conversations may
be named instead (what it expects of the bot is not compared). ``-k WORDS`` plays those whose name holds the words.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
import yaml

from bot.content.library import load_or_raise
from bot.content.phrasebook import Phrasebook
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer
from bot.matching.train import load_or_train
from bot.wiring.live import LocalReader
from tests.conftest import KEY, PEPPER
from tests.conversations.test_conversations import Conversation, Player
from tests.model import ROOT
from tests.talk import Shown
from tests.whole import Whole, whole_bot

LONG = ROOT / "tests" / "conversations" / "long.yml"
_DID = {"says": "", "edits": "(edits) ", "forwards": "(forwards) ", "presses": "(presses) "}


class Teller(Player):
    """Plays turns and tells them instead of comparing."""

    async def tell(self, turn: Mapping[str, Any]) -> str:
        """What the person did, what came back, and the open cases, as text."""
        answers = await self._act(turn)
        rows = await self._whole.queue()
        cases = ["[case " + ", ".join((r.priority.name.lower(), str(r.state), *r.flags)) + "]" for r in rows]
        return "\n".join([_did(turn), *map(_looks, answers), *cases, ""])


def _did(turn: Mapping[str, Any]) -> str:
    lines = [f"> {mark}{turn[key]}" for key, mark in _DID.items() if key in turn]
    lines += [f"> {text}" for text in turn.get("says_at_once", ())]
    others = [
        key for key in turn if key not in (*_DID, "says_at_once", "bot", "silence", "case", "note", "gone")
    ]
    return "\n".join([*lines, *(f"> ({key.replace('_', ' ')}: {turn[key]})" for key in others)])


def _looks(message: Shown) -> str:
    keyboard = [" ".join(f"[{button['text']}]" for button in row) for row in message.keyboard or ()]
    text = message.text or "(a file)"
    return "\n".join("    " + line for line in [*text.splitlines(), *keyboard, ""]).rstrip(" ")


async def transcript(whole: Whole, conversation: Conversation) -> str:
    """The conversation as text."""
    teller = Teller(whole, conversation)
    if conversation.get("staff_at_work"):
        await whole.sign_in()
    told = [await teller.tell(turn) for turn in conversation["turns"]]
    return "\n".join([f"# {conversation['name']}", "", *told])


async def _all(conversations: Sequence[Conversation]) -> None:
    library = load_or_raise(ROOT / "intents", ROOT / "responses")
    model = ROOT / ".pytest_cache" / "amparo" / "model.npz"
    model.parent.mkdir(parents=True, exist_ok=True)
    load_or_train(model, library.training)
    patterns = PatternLayer(library.training.rules)
    reader = LocalReader(Matcher(Model.load(model), patterns, library.training.entities))
    book = Phrasebook(library.responses)
    for conversation in conversations:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/amparo.db"
            async with whole_bot(url, [KEY], PEPPER, book, reader, patterns) as whole:
                print(await transcript(whole, conversation))


def main(arguments: Sequence[str]) -> None:
    """Print the transcripts."""
    parser = argparse.ArgumentParser(prog="python -m tests.transcripts", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[LONG])
    parser.add_argument("-k", dest="words", default="")
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    found = [item for path in options.files for item in yaml.load(path.read_text("utf-8"), yaml.BaseLoader)]  # noqa: S506
    asyncio.run(_all([item for item in found if options.words in item["name"]]))


if __name__ == "__main__":
    main(sys.argv[1:])
