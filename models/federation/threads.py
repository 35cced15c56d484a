"""Threads that share work whose result does not depend on their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


class ThreadPool:
    """A pool of threads; with one thread, everything is computed in the caller's."""

    def __init__(self, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def map(self, function: Callable[[Given], Found], items: Sequence[Given]) -> list[Found]:
        """Return the function of every item, in their order."""
        if self._pool is None or len(items) < 2:
            return [function(item) for item in items]
        return list(self._pool.map(function, items))


SERIAL = ThreadPool()
"""One thread."""
