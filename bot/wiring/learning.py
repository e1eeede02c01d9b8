"""Trains a model in a process of its own, so that the bot goes on answering meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from bot.errors import ModelError
from bot.matching.model import Model
from bot.settings import Settings

_NICE = 10
"""Priority of the training process below that of the bot."""


async def learn(settings: Settings) -> Model:
    """The model of ``intents/`` as it is now, which later starts find too. Cancelling ends the training.

    Raises `ModelError` where training fails.
    """
    target = settings.model_path
    made = target.with_name(f"{target.stem}.new{target.suffix}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "train"),
        *("--examples", str(settings.intents_dir), "--out", str(made)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
    try:
        if await process.wait() != 0:
            raise ModelError("training failed; run “amparo train” to see why")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return await asyncio.to_thread(_take, made, target)


def _take(made: Path, target: Path) -> Model:
    model = Model.load(made)
    try:
        made.replace(target)
    except OSError as error:
        raise ModelError("the trained model cannot be stored in AMPARO_DATA_DIR") from error
    return model
