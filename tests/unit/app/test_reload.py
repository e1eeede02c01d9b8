"""Edits while the bot runs: words at once, patterns at once, examples once they are learned, faults never."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content.library import load
from bot.content.phrasebook import Phrasebook
from bot.core.effects import Audience, Phrase, Say
from bot.errors import ModelError
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer
from bot.matching.train import train
from bot.settings import read_settings
from bot.wiring.live import LiveBook, LiveScan, LocalReader
from bot.wiring.reload import Reloader
from tests.clock import FixedClock

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
EXAMPLES = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hola
    - buenas tardes
- intent: thanks
  examples: |
    - muchas gracias
    - gracias por todo
"""
RULES = """language: es
rules:
- id: es-test
  flag: violence
  any:
  - "le pegan"
  fires:
  - le pegan en la escuela
"""


class BreakingClock(FixedClock):
    """A clock that fails when told to, in the midst of a check."""

    broken = False

    def now(self) -> datetime:
        if self.broken:
            raise ArithmeticError
        return super().now()


class Stage:
    """A reloader over a folder that a test may edit, with training at its beck."""

    def __init__(self, folder: Path) -> None:
        self.intents, self.responses = folder / "intents", folder / "responses"
        shutil.copytree(ROOT / "responses", self.responses)
        (self.intents / "es").mkdir(parents=True)
        shutil.copy(ROOT / "intents/taxonomy.yml", self.intents)
        self.examples, self.rules = self.intents / "es/small.yml", self.intents / "es/flags.yml"
        self.examples.write_text(EXAMPLES, "utf-8")
        self.rules.write_text(RULES, "utf-8")
        self.clock = BreakingClock(NOW)
        library = load(self.intents, self.responses)
        matcher = Matcher(train(library.training), PatternLayer(library.training.rules), ())
        self.book, self.reader = LiveBook(Phrasebook(library.responses)), LocalReader(matcher)
        self.scan = LiveScan(matcher.patterns)
        self.go = asyncio.Event()
        self.learned = 0
        self.learn: Callable[[], Awaitable[Model]] = self.train_when_told
        settings = read_settings(data_dir=folder, intents_dir=self.intents, responses_dir=self.responses)
        self.reloader = Reloader(
            settings,
            self.clock,
            library,
            self.book,
            self.scan,
            self.reader,
            lambda: self.learn(),  # noqa: PLW0108 - a test exchanges it
        )

    async def train_when_told(self) -> Model:
        await self.go.wait()
        self.learned += 1
        return train(load(self.intents, self.responses).training)

    async def edit(self, path: Path, old: str, new: str) -> None:
        change(path, old, new)
        await self.reloader.reload([path])

    def greeting(self) -> str:
        (message,) = self.book.render(Say((Phrase("everyday.greet"),)), Audience("es"), NOW)
        return message.html


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_new_words_are_spoken_at_once(stage: Stage) -> None:
    path = stage.responses / "es/everyday.yml"
    await stage.edit(path, "Hola. Cuénteme", "Muy buenas. Cuénteme")
    assert stage.greeting().startswith("Muy buenas")
    assert stage.reloader.state.problems == ()
    assert stage.learned == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("phrases:", "\tphrases:"),
        ("phrases:", "phrases: ["),
        ("{country}", "{land}"),
        ("<b>", "<blink>"),
        ("phrases:", "language: es\nphrases:"),
    ],
)
async def test_a_bad_edit_changes_nothing_and_is_shown(stage: Stage, old: str, new: str) -> None:
    path = stage.responses / "es/everyday.yml"
    good = path.read_text("utf-8").replace("Hola. Cuénteme", "Hola, <b>hola</b>. Cuénteme")
    path.write_text(good, "utf-8")
    await stage.reloader.reload([path])
    before = stage.greeting()
    await stage.edit(path, old, new)
    assert stage.greeting() == before
    assert {item.file for item in stage.reloader.state.problems} == {"responses/es/everyday.yml"}
    path.write_text(good.replace("Hola, ", "Buenas, "), "utf-8")
    await stage.reloader.reload([path])
    assert stage.greeting() != before
    assert stage.reloader.state.problems == ()


async def test_a_file_that_went_away_is_a_bad_edit_too(stage: Stage) -> None:
    before = stage.greeting()
    shutil.rmtree(stage.responses)
    await stage.reloader.reload([stage.responses])
    assert stage.greeting() == before
    assert stage.reloader.state.problems


async def test_a_fault_in_a_check_changes_nothing_and_stops_nobody(stage: Stage) -> None:
    before = stage.greeting()
    stage.clock.broken = True
    await stage.edit(stage.responses / "es/everyday.yml", "Hola. Cuénteme", "Muy buenas. Cuénteme")
    assert stage.greeting() == before
    (problem,) = stage.reloader.state.problems
    assert "ArithmeticError" in problem.message


async def test_patterns_count_at_once_and_examples_once_learned(stage: Stage) -> None:
    old = stage.reader.now.model
    stage.rules.write_text(RULES.replace("le pegan", "le golpean"), "utf-8")
    await stage.edit(stage.examples, "- muchas gracias", "- muchas gracias\n    - mil gracias")
    assert [hit.name for hit in stage.scan.scan("le golpean")] == ["violence"]
    assert stage.scan.scan("le pegan") == ()
    assert stage.reader.now.model is old
    await asyncio.sleep(0)
    assert stage.reloader.state.learning
    reading = await stage.reader.read("muchas gracias")
    assert reading.intent.name == "thanks"
    stage.go.set()
    await stage.reloader.learned()
    assert not stage.reloader.state.learning
    assert stage.reader.now.model is not old
    assert [hit.name for hit in stage.reader.now.read("le golpean").flags if hit.evidence] == ["violence"]


async def test_a_second_edit_while_learning_is_learned_too(stage: Stage) -> None:
    await stage.edit(stage.examples, "- hola", "- hola\n    - qué tal")
    await asyncio.sleep(0)
    await stage.edit(stage.examples, "- qué tal", "- qué tal\n    - buen día")
    stage.go.set()
    await stage.reloader.learned()
    trained = load(stage.intents, stage.responses).training
    assert stage.reader.now.model.data_hash == train(trained).data_hash
    assert stage.learned <= 2


async def test_a_pattern_that_fails_its_own_proof_is_refused(stage: Stage) -> None:
    await stage.edit(stage.rules, '"le pegan"', '"le gritan"')
    assert [hit.name for hit in stage.scan.scan("le pegan")] == ["violence"]
    assert [item.file for item in stage.reloader.state.problems] == ["intents/es/flags.yml"]


async def test_training_that_fails_leaves_the_old_model_at_work(stage: Stage) -> None:
    async def fail() -> Model:
        raise ModelError("no")

    stage.learn = fail
    old = stage.reader.now.model
    await stage.edit(stage.examples, "- hola", "- hola\n    - qué tal")
    await stage.reloader.learned()
    assert stage.reader.now.model is old
    assert not stage.reloader.state.learning


async def test_the_folders_are_watched(stage: Stage) -> None:
    task = asyncio.create_task(stage.reloader.run())
    path = stage.responses / "es/everyday.yml"
    text = path.read_text("utf-8")
    try:
        async with asyncio.timeout(20):
            number = 0
            while stage.greeting().startswith("Hola"):  # until the watch has begun, an edit goes unseen
                number += 1
                path.write_text(text.replace("Hola. Cuénteme", f"Buenas {'.' * number} Cuénteme"), "utf-8")
                await asyncio.sleep(2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert stage.greeting().startswith("Buenas")
