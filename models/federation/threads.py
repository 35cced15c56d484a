"""Threads that share work whose result does not depend on their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


class Team:
    """Some threads; with one, all is done where it is asked for."""

    def __init__(self, threads: int = 1) -> None:
        """Say how many."""
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def map(self, function: Callable[[Given], Found], items: Sequence[Given]) -> list[Found]:
        """Return the function of every item, in their order."""
        if self._pool is None or len(items) < 2:
            return [function(item) for item in items]
        return list(self._pool.map(function, items))


ALONE = Team()
