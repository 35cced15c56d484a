"""How far stages have come: workers tell, and the process that shows it asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

EVERY = 0.5
"""Seconds between two messages of a worker."""

_queue: Any = None


class Progress:
    """The side that asks.

    Args:
        context: That of the workers' processes.
    """

    def __init__(self, context: BaseContext) -> None:
        self.queue = context.SimpleQueue()

    def read(self) -> dict[str, float]:
        """Return the fractions told since the last time, the newest for each stage's id."""
        found: dict[str, float] = {}
        while not self.queue.empty():
            stage_id, fraction = self.queue.get()
            found[stage_id] = fraction
        return found


def connect(queue: Any) -> None:
    """Have this process's stages told to a :class:`Progress` by its queue."""
    global _queue
    _queue = queue


def reporter(stage_id: str) -> Callable[[float], None]:
    """Return the function that a stage calls with the fraction that is done; without a queue nobody listens."""
    last = -EVERY

    def tell(fraction: float) -> None:
        nonlocal last
        if _queue is not None and time.monotonic() - last >= EVERY:
            last = time.monotonic()
            _queue.put((stage_id, fraction))

    return tell
