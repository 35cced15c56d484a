"""Who is computing which stage, told in the store, so that several runs over it compute none twice."""

from __future__ import annotations

import json
import os
import posixpath
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ...stages.location import Unreachable
from ...stages.store import Store

BEAT = 5.0
"""Seconds after which a run renews its claims."""
LAPSE = 6 * BEAT
"""Seconds without a renewal, by the clock of who waits, after which a claim counts for nothing."""
FOLDER = ".claims"


class Claims:
    """One run's claims: files in the store that it renews while it lives, and removes when a stage has ended.

    Two runs may claim one stage where the store cannot create a file only if it is not there; then both compute
    it, and store the same bytes.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._folder = store, store.path(FOLDER)
        self._name = {"host": socket.gethostname(), "process": os.getpid(), "token": secrets.token_hex(8)}
        self._held: set[str] = set()
        self._seen: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._beats = 0
        store.fs.makedirs(self._folder, exist_ok=True)

    def take(self, stage_id: str) -> bool:
        """Claim a stage; returns whether it is ours now, which it is not while another run renews its claim."""
        with self._lock:
            if not self._store.create(self._path(stage_id), self._content()) and not self._lapsed(stage_id):
                return False
            self._held.add(stage_id)
            self._seen.pop(stage_id, None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, daemon=True, name="claims")
                self._thread.start()
            return True

    def release(self, stage_id: str) -> None:
        """Give a stage up, as it has ended."""
        with self._lock:
            self._held.discard(stage_id)
            self._store.remove(self._path(stage_id))

    @contextmanager
    def hold(self, stage_id: str) -> Iterator[bool]:
        """Wait until a stage is ours or done; gives whether it is ours, which it is until the end of the context."""
        while not self.take(stage_id):
            if self._store.has(stage_id):
                yield False
                return
            time.sleep(0.5)
        try:
            yield not self._store.has(stage_id)
        finally:
            self.release(stage_id)

    def close(self) -> None:
        """Give up all that is left."""
        self._closed.set()
        for stage_id in list(self._held):
            self.release(stage_id)

    def _lapsed(self, stage_id: str) -> bool:
        """Take over a claim that nobody has renewed for long; returns whether it was such."""
        try:
            content = self._store.read(self._path(stage_id))
        except FileNotFoundError:  # given up a moment ago
            return False
        now = time.monotonic()
        known, since = self._seen.get(stage_id, (None, now))
        if content != known:
            self._seen[stage_id] = content, now
            return False
        if now - since < LAPSE:
            return False
        self._store.write(self._path(stage_id), self._content())
        return True

    def _renew(self) -> None:
        while not self._closed.wait(BEAT):
            with self._lock:
                self._beats += 1
                for stage_id in self._held:
                    with suppress(Unreachable):  # for a while, perhaps
                        self._store.write(self._path(stage_id), self._content())

    def _content(self) -> bytes:
        return json.dumps(self._name | {"beat": self._beats}).encode()

    def _path(self, stage_id: str) -> str:
        return posixpath.join(self._folder, f"{stage_id}.json")
