"""A process is killed between every two steps of a message; the next one finishes its work."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from bot.core.clock import SystemClock
from bot.helpline import Store, open_store
from bot.helpline.tables import cases, outbox
from tests.conftest import KEY, PEPPER
from tests.contract.world import KeyRenderer
from tests.faults.store_worker import STEPS, Worker

ALL = ["answer 1", "safety 1", "answer 2", "safety 2"]


async def killed(request: pytest.FixtureRequest, url: str, delivered: Path, step: str) -> None:
    """Another process that kills itself at a step, and its connections with it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.store_worker", url, KEY, str(delivered), step
    )
    assert await process.wait() == -signal.SIGKILL
    if url.startswith("postgresql"):
        await request.getfixturevalue("postgres_server").until_unused(url)


async def finished(url: str, delivered: Path) -> Store:
    store = await open_store(url, keys=[KEY], pepper=PEPPER, clock=SystemClock(), renderer=KeyRenderer())
    await Worker(store, delivered).work()
    return store


def outcome(connection: Connection) -> tuple[int, list[str]]:
    opened = connection.execute(select(func.count()).select_from(cases)).scalar_one()
    return opened, list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_nothing_is_lost_or_doubled(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, step: str
) -> None:
    delivered = tmp_path / "delivered"
    await killed(request, database_url, delivered, step)
    store = await finished(database_url, delivered)
    opened, states = await store.database.read(outcome)
    await store.close()
    assert opened == 1
    # An answer that was in the air is perhaps delivered: it is not sent again but shown as uncertain.
    doubt = step in ("claimed", "delivered")
    assert states == ["uncertain" if doubt else "sent", "sent", "sent", "sent"]
    expected = ALL[1:] if step == "claimed" else ALL
    assert delivered.read_text().splitlines() == expected
