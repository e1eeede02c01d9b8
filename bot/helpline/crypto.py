"""Encryption at rest: a ring of keys, data keys of single cases, and the keyed hash that names a chat.

AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce a text. Each text is bound to its place
(table, column, row) as associated data, so that no ciphertext can be moved to another row and still
be read. A case has a data key of its own, kept wrapped by the ring: whoever deletes the wrapped key
erases the words of the case, wherever copies of them lie.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import KeyringError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 4
_CHAT_KEY_BYTES = 16
_RING = b"\x01"
_CASE = b"\x02"
_SHORTEST_PEPPER = 16


def generate_key() -> str:
    """A new encryption key: 32 random bytes as url-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


class DataKey:
    """The key of one case. Texts under it are bound to a context, as under the ring."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, value: Any, context: str) -> bytes:
        """A JSON value as ciphertext, bound to ``context``."""
        return _CASE + _seal(self._cipher, _dump(value), _CASE + context.encode())

    def decrypt(self, token: bytes, context: str) -> Any:
        """The JSON value again. Raises `KeyringError` where key, context or bytes do not fit."""
        if token[:1] != _CASE:
            raise KeyringError("a stored text is not of a case")
        return json.loads(_open(self._cipher, token[1:], _CASE + context.encode()))


class FileKey:
    """The key of one file."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, content: bytes, bound: bytes) -> bytes:
        """A piece as ciphertext, bound to its place."""
        return _seal(self._cipher, content, bound)

    def open(self, token: bytes, bound: bytes) -> bytes:
        """The piece again. Raises `KeyringError` where place or bytes do not fit."""
        return _open(self._cipher, token, bound)


class Keyring:
    """Keys for what is stored, newest first, and the pepper that names chats.

    Args:
        keys: url-safe base64 of 32 bytes each; the first encrypts, all decrypt.
        pepper: a secret of at least 16 characters that stays the same when keys change, because
            the names of all chats hang on it.
        source: where the keys are kept, where they may change while the program runs; it is asked again
            when a text needs a key that is not known.

    Raises:
        KeyringError: without keys, or where one of them or the pepper is malformed.
    """

    def __init__(
        self, keys: Sequence[str], *, pepper: str, source: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._source = source
        self._ring = _ring_of(keys)
        if len(pepper) < _SHORTEST_PEPPER:
            raise KeyringError("the pepper is shorter than 16 characters")
        self._chat_key = _derived(pepper, b"amparo chat key")
        self._subject_key = _derived(pepper, b"amparo subject key")
        self._seal_key = _derived(pepper, b"amparo audit seal")

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of the keys, newest first; an id tells nothing of its key."""
        return tuple(key_id.hex() for key_id in self._ring)

    @property
    def newest_prefix(self) -> bytes:
        """How every ciphertext under the newest key begins."""
        return _RING + next(iter(self._ring))

    def refresh(self) -> None:
        """Ask for the keys again, where they may have changed; what cannot be read changes nothing."""
        if self._source is None:
            return
        try:
            self._ring = _ring_of(self._source())
        except (OSError, KeyringError):
            return

    @staticmethod
    def key_id_of(token: bytes) -> str:
        """The id of the key that a ciphertext of the ring needs."""
        return token[1 : 1 + _ID_BYTES].hex()

    def encrypt(self, value: Any, context: str) -> bytes:
        """A JSON value (a text is one) as ciphertext under the newest key, bound to ``context``."""
        return self._seal(_dump(value), context)

    def decrypt(self, token: bytes, context: str) -> Any:
        """The JSON value again. Raises `KeyringError` where key, context or bytes do not fit."""
        return json.loads(self._open(token, context))

    def new_data_key(self, context: str) -> tuple[DataKey, bytes]:
        """A fresh data key, and the same wrapped for storing."""
        key = os.urandom(_KEY_BYTES)
        return DataKey(key), self._seal(key, context)

    def data_key(self, wrapped: bytes, context: str) -> DataKey:
        """A stored data key. Raises `KeyringError` like `decrypt`."""
        return DataKey(self._open(wrapped, context))

    def new_file_key(self, context: str) -> tuple[FileKey, bytes]:
        """A fresh key for a file, and the same wrapped."""
        key = os.urandom(_KEY_BYTES)
        return FileKey(key), self._seal(key, context)

    def file_key(self, wrapped: bytes, context: str) -> FileKey:
        """A wrapped key of a file. Raises `KeyringError` like `decrypt`."""
        return FileKey(self._open(wrapped, context))

    def rewrap(self, token: bytes, context: str) -> bytes | None:
        """The same content under the newest key, or None where it already is."""
        if token.startswith(self.newest_prefix):
            return None
        return self._seal(self._open(token, context), context)

    def chat_key(self, bot_id: int, chat_id: int | str) -> bytes:
        """The name of a chat in the database: 16 bytes that cannot be turned back into its id."""
        kind = "text:" if isinstance(chat_id, str) else ""
        return self._named(self._chat_key, f"{bot_id}:{kind}{chat_id}")

    def lone_key(self, bot_id: int, update_id: int) -> bytes:
        """The name of a lane of its own for an update without a chat."""
        return self._named(self._chat_key, f"{bot_id}:update:{update_id}")

    def subject_key(self, subject: str) -> bytes:
        """A keyed hash of an account name or network address, for counting."""
        return self._named(self._subject_key, subject)

    def audit_seal(self, content: bytes) -> bytes:
        """A keyed hash (32 bytes) that only holders of the pepper can make."""
        return hmac.digest(self._seal_key, content, "sha256")

    @staticmethod
    def _named(key: bytes, text: str) -> bytes:
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:_CHAT_KEY_BYTES]

    def _seal(self, content: bytes, context: str) -> bytes:
        newest, cipher = next(iter(self._ring.items()))
        header = _RING + newest
        return header + _seal(cipher, content, header + context.encode())

    def _open(self, token: bytes, context: str) -> bytes:
        header, rest = token[: 1 + _ID_BYTES], token[1 + _ID_BYTES :]
        if header[1:] not in self._ring:
            self.refresh()
        cipher = self._ring.get(header[1:])
        if header[:1] != _RING or cipher is None:
            raise KeyringError("a stored text needs a key that is not in the ring")
        return _open(cipher, rest, header + context.encode())


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _seal(cipher: AESGCM, content: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, bound)


def _open(cipher: AESGCM, token: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(token[:_NONCE_BYTES], token[_NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:
        raise KeyringError("a stored text does not fit its key or its place") from error


def _ring_of(keys: Sequence[str]) -> Mapping[bytes, AESGCM]:
    """Ciphers by the ids of their keys, the newest first."""
    raw = [_key_bytes(key) for key in keys]
    if not raw:
        raise KeyringError("no encryption key is given")
    return {_key_id(key): AESGCM(key) for key in raw}


def _key_bytes(key: str) -> bytes:
    try:
        raw = base64.b64decode(key.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyringError("an encryption key is not url-safe base64") from error
    if len(raw) != _KEY_BYTES:
        raise KeyringError("an encryption key is not 32 bytes long")
    return raw


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"amparo key id" + key).digest()[:_ID_BYTES]


def _derived(pepper: str, purpose: bytes) -> bytes:
    hkdf = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=purpose)
    return hkdf.derive(pepper.encode())
