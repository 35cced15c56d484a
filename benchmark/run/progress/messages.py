"""How far stages have come: a worker sends fractions, and the process that shows them reads the newest."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.context import BaseContext

EVERY = 0.5
"""Seconds between two messages of a stage."""

Send = Callable[[str, float], None]
"""Takes a stage's id and the fraction of it that is done."""


class ProgressQueue:
    """Carries fractions from processes that were given it when they started.

    Args:
        context: That of the workers' processes.
    """

    def __init__(self, context: BaseContext) -> None:
        self._queue = context.SimpleQueue()

    def send(self, stage_id: str, fraction: float) -> None:
        """Put a fraction into the queue."""
        self._queue.put((stage_id, fraction))

    def read(self) -> dict[str, float]:
        """Return the fractions sent since the last time, the newest for each stage's id."""
        found: dict[str, float] = {}
        while not self._queue.empty():
            stage_id, fraction = self._queue.get()
            found[stage_id] = fraction
        return found


class ProgressSender:
    """What a stage calls with the fraction that is done; it sends one message in :data:`EVERY` seconds."""

    def __init__(self, stage_id: str, send: Send) -> None:
        self._stage_id, self._send = stage_id, send
        self._last = -EVERY

    def __call__(self, fraction: float) -> None:
        """Send the fraction, unless one was sent a moment ago."""
        if time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._send(self._stage_id, fraction)
