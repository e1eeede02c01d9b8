"""Changing the encryption key while everything runs: a new one first, all that is stored under it, the old one away."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.errors import KeyringError, SettingsError
from bot.helpline.crypto import generate_key
from bot.helpline.rotation import Rotated
from bot.settings import Settings
from bot.wiring.admin import opened
from bot.wiring.parts import KEY_FILE, Progress, encryption_keys


async def rotate_keys(settings: Settings, progress: Progress) -> Rotated:
    """Bring all that is stored under the newest key; started again, it goes on where it stopped.

    With keys in the data folder a new one is made first, unless one is under way; running processes notice it by
    themselves. Keys of `AMPARO_KEYS` are changed by whoever runs Amparo.
    """
    if settings.keys is None:
        keys = encryption_keys(settings)
        if len(keys) == 1:
            _write(settings.data_dir / KEY_FILE, [generate_key(), *keys])
    async with opened(settings) as store:
        return await store.rotation.run(progress)


async def drop_old_keys(settings: Settings) -> int:
    """Take the older keys away once nothing needs them; how many went.

    Raises `KeyringError` while something does, `SettingsError` where the keys are not ours to change.
    """
    keys = encryption_keys(settings)
    async with opened(settings) as store:
        left = await store.rotation.left()
    if left:
        raise KeyringError(f"{left} values still need an older key; run “amparo keys rotate” first")
    if settings.keys is not None:
        raise SettingsError("AMPARO_KEYS: nothing needs the older keys any more; leave the first one there")
    _write(settings.data_dir / KEY_FILE, keys[:1])
    return len(keys) - 1


def _write(path: Path, keys: Sequence[str]) -> None:
    """The file is there whole at every moment, and readable by its owner alone."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise SettingsError(f"AMPARO_DATA_DIR: {path.name} cannot be written in it") from error
