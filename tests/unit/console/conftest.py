"""A console on a fresh SQLite file, and a browser without script before it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FixedClock
from tests.unit.console.stage import Stage, Visit, open_stage


@pytest.fixture
async def stage(tmp_path: Path, sqlite_template: Path, fixed_clock: FixedClock) -> AsyncIterator[Stage]:
    path = tmp_path / "console.db"
    shutil.copy(sqlite_template, path)
    stage = await open_stage(path, fixed_clock)
    yield stage
    await stage.store.close()


@pytest.fixture
async def visit(stage: Stage) -> AsyncIterator[Visit]:
    """A browser that nobody has signed in with."""
    visit = Visit(stage.app)
    yield visit
    await visit.close()


@pytest.fixture
async def ana(stage: Stage) -> AsyncIterator[Visit]:
    visit = Visit(stage.app)
    await visit.sign_in("ana")
    yield visit
    await visit.close()


@pytest.fixture
async def luis(stage: Stage) -> AsyncIterator[Visit]:
    visit = Visit(stage.app)
    await visit.sign_in("luis")
    yield visit
    await visit.close()
