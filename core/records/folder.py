"""A directory of records."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import UserError, in_words
from ..files import read_whole
from .checksums import checksum, read_checksums
from .record import Record, from_bytes


def read_all(directory: str | Path) -> list[Record]:
    """Read every ``*.json`` of a directory, in the order of their names.

    Raises:
        UserError: If there is no such directory, or a file in it is no record or was altered since a run wrote it.
    """
    return list(RecordReader(Path(directory)).read().values())


class RecordReader:
    """A directory of records, each read again only if its file was replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[tuple[int, ...], str, Record]] = {}

    def read(self, replaced: Callable[[str], bool] = lambda name: False) -> dict[str, Record]:
        """Return the record of every ``*.json``, by file name and in the order of names.

        Args:
            replaced: Tells by its name whether a file is to be written again: it may be damaged, and is then left out.

        Raises:
            UserError: If there is no such directory, or a file in it is no record or was altered since a run wrote it.
        """
        if not self.path.is_dir():
            below = sorted(path.parent.name for path in self.path.parent.glob("*/records"))
            hint = f"; {self.path.parent} holds the results {', '.join(below)}" if below else ""
            raise UserError(f"{self.path}: there is no such directory of records{hint}.")
        with os.scandir(self.path) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(".json"))
        noted, found = read_checksums(self.path), {}
        for name in names:
            try:
                one = self._one(name)
            except FileNotFoundError:  # another run has just set it aside
                continue
            except _Spoilt:
                if not replaced(name):
                    raise
                continue
            # Another run may have written it since: before it does, it drops the checksum.
            if noted.get(name) in (None, one[1]) or read_checksums(self.path).get(name) in (None, one[1]):
                found[name] = one
            elif not replaced(name):
                raise UserError(
                    f"{self.path / name} was altered since a run wrote it; the same run makes it again, also if you "
                    "delete it."
                )
        self._read = found
        return {name: record for name, (_, _, record) in found.items()}

    def checksums(self) -> dict[str, str]:
        """Return the checksums of the files as they were read the last time, by name."""
        return {name: digest for name, (_, digest, _) in self._read.items()}

    def _one(self, name: str) -> tuple[tuple[int, ...], str, Record]:
        path = os.path.join(self.path, name)
        try:
            status = os.stat(path)
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            before = self._read.get(name)
            if before and before[0] == stamp:
                return before
            content = read_whole(path)
        except FileNotFoundError:
            raise
        except IsADirectoryError as error:
            raise _Spoilt(f"{path} is no file.") from error
        except OSError as error:
            raise UserError(f"{path} cannot be read ({in_words(error)}).") from error
        try:
            return stamp, checksum(content), from_bytes(content, path)
        except UserError as error:
            raise _Spoilt(str(error)) from None


class _Spoilt(UserError):
    """A file that is no record."""
