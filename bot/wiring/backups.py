"""What “amparo backup” and “amparo restore” do with the settings."""

from __future__ import annotations

from pathlib import Path

from bot.core.clock import SystemClock
from bot.errors import SettingsError
from bot.helpline import backups
from bot.helpline.backups import Made, Place, Restored
from bot.helpline.crypto import Keyring
from bot.settings import Settings
from bot.wiring.parts import KEY_FILE, PEPPER_FILE, Progress, chat_pepper, encryption_keys, ledger_path


async def back_up(settings: Settings, target: Path, progress: Progress) -> Made:
    """Write a tested backup. Raises like `bot.helpline.backups.make`; `SettingsError` without the secrets."""
    return await backups.make(_place(settings), target, SystemClock().now(), progress)


async def restore(settings: Settings, source: Path, progress: Progress, *, replace: bool) -> Restored:
    """Put a backup in place. Raises like `bot.helpline.backups.restore`; `SettingsError` without the secrets."""
    now = SystemClock().now()
    return await backups.restore(_place(settings), source, now, progress, replace=replace)


def _place(settings: Settings) -> Place:
    """The secrets are those that are there: new ones would fit no backup."""
    for given, name in ((settings.keys, KEY_FILE), (settings.pepper, PEPPER_FILE)):
        if given is None and not (settings.data_dir / name).exists():
            raise SettingsError(f"AMPARO_DATA_DIR: {name} is not in it; put the copy of it back")
    keyring = Keyring(encryption_keys(settings), pepper=chat_pepper(settings))
    return Place(settings.database, keyring, ledger_path(settings), settings.data_dir)
