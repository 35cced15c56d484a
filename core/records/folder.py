"""A directory of records."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import UserError
from ..files import read_whole
from .record import Record, from_bytes


def read_all(directory: str | Path) -> list[Record]:
    """Read every ``*.json`` of a directory, in the order of their names.

    Raises:
        UserError: If there is no such directory, or a file in it is no record.
    """
    return list(RecordReader(Path(directory)).read().values())


class RecordReader:
    """A directory of records, each read again only if its file was replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[tuple[int, ...], Record]] = {}

    def read(self) -> dict[str, Record]:
        """Return the record of every ``*.json``, by file name and in the order of names.

        Raises:
            UserError: If there is no such directory, or a file in it is no record.
        """
        if not self.path.is_dir():
            below = sorted(path.parent.name for path in self.path.parent.glob("*/records"))
            hint = f"; {self.path.parent} holds the results {', '.join(below)}" if below else ""
            raise UserError(f"{self.path}: there is no such directory of records{hint}.")
        with os.scandir(self.path) as entries:
            found = sorted((entry.name, entry.stat()) for entry in entries if entry.name.endswith(".json"))
        self._read = {name: self._one(name, (s.st_ino, s.st_size, s.st_mtime_ns)) for name, s in found}
        return {name: record for name, (_, record) in self._read.items()}

    def _one(self, name: str, stamp: tuple[int, ...]) -> tuple[tuple[int, ...], Record]:
        before = self._read.get(name)
        if before and before[0] == stamp:
            return before
        path = os.path.join(self.path, name)
        return stamp, from_bytes(read_whole(path), path)
