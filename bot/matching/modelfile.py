"""One file for a trained model: numpy arrays and a JSON header, never a pickle.

A file that was damaged, cut short, changed or made by something else is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError

KIND = "amparo-matcher"
FORMAT = 1
_MOST_BYTES = 400_000_000
_HEADER = "header"

Arrays = Mapping[str, NDArray[Any]]


def _checksum(header: bytes, arrays: Arrays) -> str:
    digest = hashlib.sha256(header)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        digest.update(array.data)
    return digest.hexdigest()


def write(path: Path, header: Mapping[str, Any], arrays: Arrays) -> None:
    """Write the file whole or not at all; an older file stays until the new one is complete.

    Raises ModelError where the place cannot be written.
    """
    plain = json.dumps({**header, "kind": KIND, "format": FORMAT}, sort_keys=True)
    sealed = json.dumps({"header": plain, "checksum": _checksum(plain.encode(), arrays)})
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            parts: dict[str, Any] = {**arrays, _HEADER: np.frombuffer(sealed.encode(), dtype=np.uint8)}
            np.savez(file, **parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise ModelError(f"the model cannot be written: {error.strerror}") from error


def read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and arrays of a file.

    Raises ModelError where the file is missing, damaged, foreign or of another format.
    """
    try:
        _refuse_bombs(path)
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
        sealed = json.loads(arrays.pop(_HEADER).tobytes())
        plain, checksum = str(sealed["header"]), sealed["checksum"]
        header = json.loads(plain)
    except (OSError, ValueError, KeyError, TypeError, EOFError, MemoryError) as error:
        raise ModelError("the model file is missing or damaged") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, SyntaxError) as error:
        raise ModelError("the model file is damaged") from error
    if not isinstance(header, dict) or header.get("kind") != KIND or header.get("format") != FORMAT:
        raise ModelError("the model file was made by another program or another version")
    if _checksum(plain.encode(), arrays) != checksum:
        raise ModelError("the model file was changed after it was made")
    return header, arrays


def _refuse_bombs(path: Path) -> None:
    """A small file that unpacks to a huge one, or stored otherwise than we store, is foreign."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ModelError("the model file was made by another program")
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise ModelError("the model file is larger than any model")
