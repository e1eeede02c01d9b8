"""A file in pieces under a key of its own, which stands in the file's head wrapped by the ring of keys.

AES-256-GCM a piece of at most 1 MiB. Each is bound to the head, to its number and to whether it is the last, so pieces
can be neither changed, nor exchanged, nor left out at the end (the STREAM construction, Hoang et al. 2015).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from bot.errors import BackupError, KeyringError
from bot.helpline.crypto import Keyring

_MAGIC = b"AMPARO BACKUP 1\n"
_PIECE = 1 << 20
_LONGEST_HEAD = 1 << 20
_LENGTH = 4
_PLACE = "backup"

Tell = Callable[[float], None]


def seal_file(plain: Path, sealed: BinaryIO, keyring: Keyring, about: Any, tell: Tell) -> None:
    """Write ``plain`` sealed; ``about`` is a JSON value that stands encrypted in the head."""
    key, wrapped = keyring.new_file_key(_PLACE)
    head = json.dumps({"key": wrapped.hex(), "about": keyring.encrypt(about, _PLACE).hex()}).encode()
    sealed.write(_MAGIC + len(head).to_bytes(_LENGTH, "big") + head)
    size, done, digest = plain.stat().st_size, 0, sha256(head).digest()
    with plain.open("rb") as source:
        number, piece = 0, source.read(_PIECE)
        while True:
            following = source.read(_PIECE)
            token = key.seal(piece, _bound(digest, number, last=not following))
            sealed.write(len(token).to_bytes(_LENGTH, "big") + token)
            done += len(piece)
            tell(done / size if size else 1.0)
            if not following:
                return
            number, piece = number + 1, following


def read_about(sealed: Path, keyring: Keyring) -> Any:
    """What the head says. Raises `BackupError`, `KeyringError`."""
    with _opened(sealed) as file:
        return keyring.decrypt(_hex(_head(file)[1], "about"), _PLACE)


def open_file(sealed: Path, plain: Path, keyring: Keyring, tell: Tell) -> None:
    """Write what was sealed to ``plain``. Raises `BackupError` where a byte is wrong or missing, `KeyringError`."""
    with _opened(sealed) as file, plain.open("wb") as target:
        raw, head = _head(file)
        key = keyring.file_key(_hex(head, "key"), _PLACE)
        size, digest = sealed.stat().st_size, sha256(raw).digest()
        for number, (token, last) in enumerate(_pieces(file)):
            try:
                target.write(key.open(token, _bound(digest, number, last=last)))
            except KeyringError as error:
                raise BackupError("the backup is damaged") from error
            tell(file.tell() / size)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BackupError("the backup cannot be read") from error


def _head(file: BinaryIO) -> tuple[bytes, Any]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BackupError("the file is no backup of Amparo")
    length = int.from_bytes(file.read(_LENGTH), "big")
    raw = file.read(min(length, _LONGEST_HEAD))
    try:
        return raw, json.loads(raw)
    except ValueError as error:
        raise BackupError("the backup is damaged") from error


def _hex(head: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(head[name])
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError("the backup is damaged") from error


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each piece, and whether nothing follows it."""
    length = file.read(_LENGTH)
    while True:
        size = int.from_bytes(length, "big")
        token = file.read(min(size, _PIECE + 64))
        if not length or len(token) != size:
            raise BackupError("the backup is cut off")
        length = file.read(_LENGTH)
        yield token, not length
        if not length:
            return


def _bound(digest: bytes, number: int, *, last: bool) -> bytes:
    return digest + number.to_bytes(8, "big") + bytes([last])
