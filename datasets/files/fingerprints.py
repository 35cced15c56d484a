"""The sha256 of raw files, computed once and kept in the user's cache by path, size and time of change."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ...core.system.files import cache_home, write_atomically
from .names import digests


def cached_digests(files: Mapping[str, Path]) -> dict[str, object]:
    """Return the sha256 of every file by role, like :func:`.names.digests`, but reads an unchanged file once only.

    Raises:
        UserError: If a file cannot be read.
    """
    return {role: _digest(path) for role, path in files.items()}


def _digest(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return digests({"": path})[""]  # says what is wrong
    place = str(path.resolve())
    seen = [place, status.st_size, status.st_mtime_ns, status.st_ino]
    note = cache_home() / "digests" / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(note.read_text("utf-8"))
        if kept["seen"] == seen and isinstance(kept["sha256"], str):
            return kept["sha256"]
    found = digests({"": path})[""]
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        write_atomically(note, json.dumps({"seen": seen, "sha256": found}).encode())
    return found
