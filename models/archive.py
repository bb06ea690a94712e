"""Files: a zip of one JSON header and plain arrays, versioned, hashed, written whole or not at all.

Layout of every file the project writes (open it with `numpy.load` or any unzip):
    header.json     {"format", "version", "hash", ...}
    <name>.npy      numeric and boolean arrays, never objects, so loading runs no code
The same content always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from .errors import FileError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_WAYS_OUT = {
    ("network", "program"): "compile it first: analoop compile",
    ("network", "student"): "study networks for the chip apart from students",
    ("student", "program"): "compile it first, if it is of the method chip: analoop compile",
}
"""What to do with a file of the first kind where the second is needed."""
_DAMAGE = (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, TypeError, RuntimeError)


def content_hash(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over header and arrays (dtype, shape, bytes), independent of order."""
    digest = hashlib.sha256(_json(header))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\n{name} {array.dtype.str} {array.dtype.descr} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_archive(
    path: str | os.PathLike,
    format: str,
    version: int,
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> Path:
    """Write an archive atomically (temporary file beside it, flushed to disk, then renamed)."""
    full = {
        "format": format,
        "version": version,
        "hash": content_hash(header, arrays),
        "content": header,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("header.json", _EPOCH), _json(full))
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            member = io.BytesIO()
            np.lib.format.write_array(
                member, np.ascontiguousarray(arrays[name]), allow_pickle=False
            )
            archive.writestr(entry, member.getvalue())
    return write_bytes(path, buffer.getvalue())


def write_bytes(path: str | os.PathLike, content: bytes) -> Path:
    """Write a file so that it appears whole or not at all.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """
    path = Path(path)
    check_writable(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise FileError(
            f"cannot write {path}: {error.strerror or error}: choose a folder that exists and "
            "that you may write to",
            code="FILE_NOT_WRITABLE",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return path


def check_writable(path: str | os.PathLike) -> None:
    """Refuse a path that cannot be written, before hours of work go into its content.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """
    path = Path(path)
    if not path.name or path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise FileError(
            f"cannot write {path}: choose a file name in a folder that exists and that you may "
            "write to",
            code="FILE_NOT_WRITABLE",
        )


def read_archive(
    path: str | os.PathLike, format: str, version: int | Sequence[int]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read an archive and check format, version and hash; never runs code from the file.

    Args:
        version: that it has to have, or those that are read, the newest last.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT, FILE_WRONG_KIND, FILE_WRONG_VERSION.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError(f"{path}: no such file: check the path", code="FILE_MISSING")
    try:
        with zipfile.ZipFile(path) as archive:
            full = json.loads(archive.read("header.json"))
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(archive.read(name)), allow_pickle=False
                )
                for name in archive.namelist()
                if name.endswith(".npy")
            }
        found, number, digest = full["format"], full["version"], full["hash"]
        header = full["content"]
    except _DAMAGE as error:
        raise FileError(
            f"{path} is corrupt or not an analoop file ({error}): write it again",
            code="FILE_CORRUPT",
        ) from error
    except zipfile.zlib.error as error:  # pyright: ignore[reportAttributeAccessIssue]
        raise FileError(
            f"{path} is corrupt ({error}): write it again", code="FILE_CORRUPT"
        ) from error
    if found != format:
        way_out = _WAYS_OUT.get((str(found), format), "give a file of that kind")
        raise FileError(
            f"{path} holds a {found}, a {format} is needed: {way_out}",
            code="FILE_WRONG_KIND",
        )
    known = (version,) if isinstance(version, int) else version
    if number not in known:
        raise FileError(
            f"{path} has {format} version {number}, this release reads version {known[-1]}: "
            "write it again with this release",
            code="FILE_WRONG_VERSION",
        )
    if digest != content_hash(header, arrays):
        raise FileError(
            f"{path} is corrupt (its content does not match its hash): write it again",
            code="FILE_CORRUPT",
        )
    return header, arrays


def read_content(
    path: str | os.PathLike, format: str, version: int | Sequence[int], build: Any
) -> Any:
    """Read an archive and build a record from it, turning any missing part into a FileError."""
    header, arrays = read_archive(path, format, version)
    try:
        return build(header, arrays)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration) as error:
        raise FileError(
            f"{path} lacks or misstates a part of a {format} ({error!r}): write it again",
            code="FILE_CORRUPT",
        ) from error


def _json(value: Any) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
