"""How a run goes, in a file in the store that it renews: what ``rbench status`` reads, on whichever machine."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

from ...stages.location import Unreachable
from ...stages.stage import Stage
from ...stages.store import Store
from ..worker import StageResult
from .display import Silent

BEAT = 5.0
"""Seconds between two writes."""
FOLDER = ".runs"


class Heartbeat:
    """Passes what happens on to a display, and writes it down.

    Args:
        display: What shows the run.
        store: Where the file goes.
        facts: What else to write, JSON-able: ``out``, ``share``, ``executor``.
        where: Returns the machine on which stages are worked on, by their ids, where it is another than this.
    """

    def __init__(
        self, display: Silent, store: Store, facts: dict[str, Any], where: Callable[[], dict[str, str]]
    ) -> None:
        self._display, self._store, self._where = display, store, where
        began = time.time()
        self._path = store.path(
            FOLDER, f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(began))}-{secrets.token_hex(4)}.json"
        )
        self._told = facts | {"host": socket.gethostname(), "process": os.getpid(), "began": began, "ended": ""}
        self._running: dict[str, dict[str, Any]] = {}
        self._failed: dict[str, str] = {}
        self._costs = {stage.id: display.estimate.seconds(stage) for stage in display.left}
        self._done, self._spent = 0, 0.0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="heartbeat")

    def __enter__(self) -> Heartbeat:
        """Begin showing and writing."""
        self._display.__enter__()
        if self._display.left:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write how it ended."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            self._told["ended"] = "finished" if kind is None else f"stopped by {kind.__name__}"
            self._write()
        self._display.__exit__(kind, error, trace)

    def started(self, stage: Stage) -> None:
        """A stage was begun."""
        with self._lock:
            self._running[stage.id] = {"label": self._display.label(stage), "since": time.time(), "fraction": 0.0}
        self._display.started(stage)

    def advanced(self, stage_id: str, fraction: float) -> None:
        """A part of a stage is done."""
        with self._lock:
            if stage_id in self._running:
                self._running[stage_id]["fraction"] = fraction
        self._display.advanced(stage_id, fraction)

    def finished(self, stage: Stage, outcome: StageResult) -> None:
        """A stage ended."""
        with self._lock:
            self._running.pop(stage.id, None)
            self._spent += self._costs.get(stage.id, 0.0)
            if outcome.error is None:
                self._done += 1
            else:
                self._failed[self._display.label(stage)] = outcome.error
        self._display.finished(stage, outcome)

    def said(self, message: str) -> None:
        """Pass a message on."""
        self._display.said(message)

    def _beat(self) -> None:
        while True:
            self._write()
            if self._over.wait(BEAT):
                return

    def _write(self) -> None:
        where: dict[str, str] = {}
        with suppress(Exception):  # of a cluster that is gone
            where = self._where()
        with self._lock:
            partly = sum(one["fraction"] * self._costs.get(i, 0.0) for i, one in self._running.items())
            share = min((self._spent + partly) / (sum(self._costs.values()) or 1.0), 1.0)
            now = time.time()
            left = (now - self._told["began"]) * (1 / share - 1) if share else sum(self._costs.values())
            running = [one | {"where": where.get(i, self._told["host"])} for i, one in self._running.items()]
            told = {"now": now, "stages": len(self._costs), "done": self._done, "seconds_left": left}
            told |= {"running": running, "failed": self._failed}
            content = json.dumps(self._told | told, indent=1).encode()
        with suppress(Unreachable):  # a run does not end for want of its heartbeat
            self._store.write(self._path, content)


def read_heartbeats(store: Store) -> list[dict[str, Any]]:
    """Return what runs over a store have written, in the order in which they began; unreadable files are left out."""
    found = []
    for name in store.files(FOLDER):
        with suppress(FileNotFoundError, ValueError, RecursionError):
            told = json.loads(store.read(store.path(FOLDER, name)))
            if isinstance(told, dict) and isinstance(told.get("now"), float) and "began" in told:
                found.append(told)
    return found


def alive(told: dict[str, Any], now: float) -> bool:
    """Tell whether a run still goes on, as far as one can know at a time by this machine's clock."""
    return not told["ended"] and now - told["now"] < 12 * BEAT
