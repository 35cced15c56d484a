"""The sha256 of raw files, computed once and kept in the user's cache by path, size and time of change."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ...core.system.files import cache_home, write_atomically
from .names import sha256_of


def cached_digests(files: Mapping[str, Path]) -> dict[str, object]:
    """Return the sha256 of every file by role; an unchanged file is read once only.

    Raises:
        UserError: If a file cannot be read.
    """
    return {role: _digest(path) for role, path in files.items()}


def _digest(path: Path) -> str:
    seen, place = None, str(path.resolve())
    note = cache_home() / "digests" / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        status = path.stat()
        seen = [place, status.st_size, status.st_mtime_ns, status.st_ino]
        kept = json.loads(note.read_text("utf-8"))
        if kept["seen"] == seen and isinstance(kept["sha256"], str):
            return str(kept["sha256"])
    found = sha256_of(path)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        write_atomically(note, json.dumps({"seen": seen, "sha256": found}).encode())
    return found
