"""The content that each record had when a run wrote it: a file beside the records, as ``sha256sum`` reads it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..files import read_whole, write_or_tell

SUFFIX = ".sha256"
_LINE = re.compile(r"([0-9a-f]{64})  [^/]+/([^/]+)")


def checksum(content: bytes) -> str:
    """Return the sha256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_checksums(records: Path) -> dict[str, str]:
    """Return the checksums of a folder of records by file name; empty if no run has noted any."""
    try:
        text = read_whole(str(_file(records))).decode(errors="replace")
    except (FileNotFoundError, IsADirectoryError):
        return {}
    return {found[2]: found[1] for line in text.splitlines() if (found := _LINE.fullmatch(line))}


def note_checksums(records: Path, changes: Mapping[str, str | None]) -> None:
    """Set checksums, or drop those that are None; drops those of files that are gone.

    Raises:
        UserError: If the file cannot be written.
    """
    with _locked(records.parent):
        before = read_checksums(records)
        there = set(os.listdir(records))
        after = {name: digest for name, digest in {**before, **changes}.items() if digest and name in there}
        if after != before:
            lines = (f"{digest}  {records.name}/{name}\n" for name, digest in sorted(after.items()))
            write_or_tell(_file(records), "".join(lines).encode())


def _file(records: Path) -> Path:
    return records.with_name(records.name + SUFFIX)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs from changing the file within; where locks are not known, two at once may lose a line."""
    import fcntl

    here = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(here, fcntl.LOCK_EX)
        yield
    finally:
        os.close(here)
