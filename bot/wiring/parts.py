"""The parts every command needs: content, matcher, store, keys, and the turn over them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

from bot.content.library import Library, load_or_raise
from bot.content.phrasebook import Phrasebook
from bot.core.clock import SystemClock
from bot.core.nlu import TrainingData
from bot.core.ports import Clock, Renderer, TextReader
from bot.core.turn import TurnRunner
from bot.errors import SettingsError
from bot.helpline import Store, open_store
from bot.helpline.crypto import generate_key
from bot.helpline.erasures import LEDGER_FILE
from bot.matching.matcher import Matcher
from bot.matching.patterns import PatternLayer
from bot.matching.rasa import RasaParser, http_client
from bot.matching.remote import BUDGET, RemoteReader
from bot.matching.train import load_or_train
from bot.settings import SQLITE_FILE, Settings
from bot.wiring.learning import learn
from bot.wiring.live import LiveBook, LiveLook, LiveScan, LocalReader
from bot.wiring.reload import Reloader

log = structlog.get_logger()

Progress = Callable[[str, float], None]
KEY_FILE = "keys.txt"
PEPPER_FILE = "pepper.txt"


@dataclass(frozen=True, slots=True)
class Parts:
    """What is ready once the content is read and the database is open."""

    settings: Settings
    clock: Clock
    library: Library
    phrasebook: LiveBook
    scan: LiveScan
    look: LiveLook
    local: LocalReader
    runner: TurnRunner
    store: Store
    reloader: Reloader


def load_library(settings: Settings) -> Library:
    """The content named by the settings. Raises `ContentError` where it cannot be used."""
    return load_or_raise(settings.intents_dir, settings.responses_dir)


def load_matcher(settings: Settings, training: TrainingData, progress: Progress | None = None) -> Matcher:
    """The matcher, trained where no model fits the examples."""
    make_private(settings.data_dir)
    model = load_or_train(settings.model_path, training, progress)
    return Matcher(model, PatternLayer(training.rules), training.entities)


@asynccontextmanager
async def open_parts(
    settings: Settings, progress: Progress | None = None, *, waive_codes: bool = False
) -> AsyncIterator[Parts]:
    """All parts, closed again at the end. Raises `AmparoError`s that say what to do.

    ``waive_codes`` is for the demonstration alone: its staff sign in without one-time codes.
    """
    clock = SystemClock()
    library = load_library(settings)
    phrasebook = LiveBook(Phrasebook(library.responses, today=lambda: clock.now().date()))
    matcher = load_matcher(settings, library.training, progress)
    local, scan = LocalReader(matcher), LiveScan(matcher.patterns)
    async with AsyncExitStack() as stack:
        store = await open_database(settings, clock, phrasebook, waive_codes=waive_codes)
        stack.push_async_callback(store.close)
        reader: TextReader = local
        if settings.matcher_url:
            # SQLite has one writer, which must not wait for another server inside a turn.
            remote = remote_reader(settings, reader, library, clock, ahead=store.database.name == "sqlite")
            stack.push_async_callback(remote.close)
            reader = remote
        runner = TurnRunner(reader, scan, phrasebook, clock, aside=local)
        reloader = Reloader(settings, clock, library, phrasebook, scan, local, lambda: learn(settings))
        look = LiveLook(local)
        yield Parts(settings, clock, library, phrasebook, scan, look, local, runner, store, reloader)


def remote_reader(
    settings: Settings, local: TextReader, library: Library, clock: Clock, *, ahead: bool
) -> RemoteReader:
    """The reader that lets the Rasa server of the settings name the intents."""
    parser = rasa_parser(settings.matcher_url, settings, library, seconds=BUDGET)
    log.info("remote_matcher", address=settings.matcher_url)
    return RemoteReader(local, parser, clock, ahead=ahead)


def rasa_parser(url: str, settings: Settings, library: Library, *, seconds: float) -> RasaParser:
    """A Rasa server's parser; ``seconds`` bound each step of a request."""
    return RasaParser(rasa_client(url, settings, seconds=seconds), library.taxonomy.intents)


def rasa_client(url: str, settings: Settings, *, seconds: float) -> httpx.AsyncClient:
    """A pooled client for a Rasa server, with the token of the settings."""
    token = "" if settings.rasa_token is None else settings.rasa_token.get_secret_value().strip()
    return http_client(url, token, seconds=seconds)


async def open_database(
    settings: Settings, clock: Clock, phrasebook: Renderer, *, waive_codes: bool = False
) -> Store:
    """The store, brought up to this version. Raises `KeyringError` where the keys do not fit the data."""
    keys, pepper = encryption_keys(settings), chat_pepper(settings)
    return await open_store(
        settings.database,
        keys=keys,
        pepper=pepper,
        clock=clock,
        renderer=phrasebook,
        waive_codes=waive_codes,
        key_source=key_source(settings),
        webhooks_inside=settings.webhooks_inside,
        ledger=ledger_path(settings),
    )


def ledger_path(settings: Settings) -> Path:
    """The file that names what was erased; in the data folder, which is made where it is missing."""
    make_private(settings.data_dir)
    return settings.data_dir / LEDGER_FILE


def key_source(settings: Settings) -> Callable[[], Sequence[str]] | None:
    """Where a running process looks for keys again: the file, which “amparo keys rotate” changes."""
    if settings.keys is not None:
        return None
    return lambda: (settings.data_dir / KEY_FILE).read_text("ascii").split()


def encryption_keys(settings: Settings) -> Sequence[str]:
    """The keys of the settings, or those of the data folder, made at the first start.

    Raises `SettingsError` where keys are wanted but cannot be read or written.
    """
    if settings.keys is not None:
        return [key.strip() for key in settings.keys.get_secret_value().split(",") if key.strip()]
    _must_not_be_lost(settings, KEY_FILE)
    return kept(settings.data_dir / KEY_FILE, generate_key).split()


def chat_pepper(settings: Settings) -> str:
    """The secret that names chats; it stays the same when encryption keys are rotated."""
    if settings.pepper is not None:
        return settings.pepper.get_secret_value().strip()
    _must_not_be_lost(settings, PEPPER_FILE)
    return kept(settings.data_dir / PEPPER_FILE, generate_key)


def _must_not_be_lost(settings: Settings, name: str) -> None:
    """A database without its secret is not opened with a new one: nothing in it could be read."""
    database = settings.data_dir / SQLITE_FILE
    if settings.database_url is None and database.exists() and not (settings.data_dir / name).exists():
        raise SettingsError(
            f"AMPARO_DATA_DIR: {name} is missing beside {SQLITE_FILE}; put the copy of it back"
        )


def kept(path: Path, make: Callable[[], str]) -> str:
    """A secret made at the first start and found again at the next. Raises `SettingsError`."""
    if not path.exists():
        make_private(path.parent)
        write_private(path, make() + "\n")
        log.info("secret_made", file=path.name, hint="keep a copy of it elsewhere")
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"AMPARO_DATA_DIR: {path.name} in it cannot be read") from error


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter. Raises `SettingsError` where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError("AMPARO_DATA_DIR cannot be made; choose a folder that can be written") from error


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner may read."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # what is stored under a key must not outlive it in a power cut
    except OSError as error:
        raise SettingsError(f"AMPARO_DATA_DIR: {path.name} cannot be written in it") from error
