"""Collects the events of a log from batches of rows: ids as numbers, times as small as they go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .log import Log
from .vocabulary import Vocabulary


class Events:
    """Events in the order in which they come; 12 to 20 bytes for each, beside its ids.

    Attributes:
        users: The ids of users so far.
        items: The ids of items so far.
    """

    def __init__(self) -> None:
        self.users, self.items = Vocabulary(), Vocabulary()
        self._parts: tuple[list[NDArray[Any]], ...] = ([], [], [], [])
        self._lines: list[tuple[Path, NDArray[np.integer] | tuple[int, int]]] = []

    def add(
        self,
        path: Path,
        lines: NDArray[np.int64],
        users: Any,
        items: Any,
        times: NDArray[Any],
        liked: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Add rows of a file; returns the codes of their users and items.

        Args:
            path: The file.
            lines: int64 ``[rows]``.
            users: Arrow array of ids, as :meth:`Vocabulary.codes` takes it.
            items: Likewise.
            times: Numbers ``[rows]``.
            liked: bool ``[rows]``, or None where nothing says so: then of no rows.
        """
        codes = self.users.codes(users), self.items.codes(items)
        if times.dtype == np.int64 and len(times) and times.min() >= 0 and times.max() < 2**32:
            times = times.astype(np.uint32)
        for part, values in zip(self._parts, (*codes, times, liked), strict=True):
            if values is not None:
                part.append(values)
        if len(lines):
            ends = int(lines[0]), int(lines[-1])
            whole = ends[1] - ends[0] == len(lines) - 1
            small: NDArray[np.integer] = lines if ends[1] >= 2**31 else lines.astype(np.int32)
            self._lines.append((path, ends if whole else small))
        return codes

    def __len__(self) -> int:
        return sum(map(len, self._parts[0]))

    def log(self) -> Log:
        """Return all events; those collected so far are forgotten."""
        columns: list[NDArray[Any]] = []
        for part in self._parts:
            columns.append(np.concatenate(part) if part else np.empty(0, np.int32))
            part.clear()  # not two copies of all columns at once
        liked = columns[3] if len(columns[3]) else None
        return Log(columns[0], columns[1], columns[2], self.users.ids(), self.items.ids(), liked)

    def line(self, row: int) -> tuple[Path, int]:
        """Return the file and the line of an event."""
        for path, lines in self._lines:
            count = lines[1] - lines[0] + 1 if isinstance(lines, tuple) else len(lines)
            if row < count:
                return path, lines[0] + row if isinstance(lines, tuple) else int(lines[row])
            row -= int(count)
        raise IndexError(row)
