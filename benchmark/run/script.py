"""Keeps processes that this one spawns from running its script again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_lock = threading.Lock()
_hidden: list[ModuleType] = []
"""The script, once for everyone who hides it now."""


@contextmanager
def unknown_script() -> Iterator[None]:
    """Hide the caller's script from processes that start within: all they need is in the job.

    ``spawn`` imports whatever ``__main__`` is in every worker, and a script without
    ``if __name__ == "__main__"`` would begin its run there once more. Several threads may be within at once.
    """
    with _lock:
        _hidden.append(_hidden[0] if _hidden else sys.modules["__main__"])
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        with _lock:
            script = _hidden.pop()
            if not _hidden:
                sys.modules["__main__"] = script
