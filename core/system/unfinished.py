"""Work that is not finished: what a long training keeps, so that a run that is stopped goes on from there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

_SUM = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Unfinished:
    """Where some work keeps its state; whoever reads it goes on as if nothing had happened.

    Attributes:
        load: Returns the bytes that were kept last, or none.
        keep: Keeps bytes.
    """

    load: Callable[[], bytes] = lambda: b""
    keep: Callable[[bytes], None] = lambda content: None

    def read(self) -> bytes:
        """Return what was written last; nothing if there is nothing, or if it was altered."""
        content = self.load()
        own = content[_SUM:]
        return own if hashlib.sha256(own).digest() == content[:_SUM] else b""

    def write(self, content: bytes) -> None:
        """Keep bytes instead of what was kept before."""
        self.keep(hashlib.sha256(content).digest() + content)


NOWHERE = Unfinished()
"""Keeps nothing."""
