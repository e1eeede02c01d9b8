"""The real content and the matcher trained from it, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from bot.content.library import Library, load_or_raise
from bot.matching.matcher import Matcher
from bot.matching.model import Model
from bot.matching.patterns import PatternLayer
from bot.matching.train import load_or_train

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def library() -> Library:
    return load_or_raise(ROOT / "intents", ROOT / "responses")


@pytest.fixture(scope="session")
def trained(library: Library) -> Path:
    """The model's file, kept between runs as in the demo: it is refused where examples changed."""
    path = ROOT / ".pytest_cache" / "amparo" / "model.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):  # one process trains, the others take what it made
        load_or_train(path, library.training)
    return path


@pytest.fixture(scope="session")
def matcher(library: Library, trained: Path) -> Matcher:
    return Matcher(Model.load(trained), PatternLayer(library.training.rules), library.training.entities)
