"""Files written whole or not at all, files read, and where a user's cache is."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from ..errors import UserError, in_words


def write_atomically(path: Path, content: bytes, durable: bool = False) -> None:
    """Write a file so that other processes, and later ones after a crash, see all of it or nothing.

    Args:
        path: The file; its folder is made if need be.
        content: All of it.
        durable: Wait until it is on the disk before it gets its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Process ids repeat between containers that share a volume; random digits don't.
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_or_tell(path: Path, content: bytes) -> None:
    """As :func:`write_atomically`, but say in one sentence what stands in the way.

    Raises:
        UserError: If the file cannot be written: the disk is full, the quota spent, there are no rights.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({in_words(error)}). What was finished is kept: once that is mended, the same "
            "command goes on from there."
        ) from error


def read_whole(path: str) -> bytes:
    """Return a file's content; for many small files in half of the time that buffered reading takes.

    Raises:
        IsADirectoryError: If it is no regular file, e.g. a pipe, from which one might read for ever.
    """
    with open(path, "rb", buffering=0, opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is no regular file", path)
        return file.read()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe would wait for somebody who writes


def cache_home() -> Path:
    """Return rbench's folder in the user's cache; nothing is created."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(cache) / "rbench"
