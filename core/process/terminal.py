"""A terminal that strangers' words cannot steer: names of files and columns may hold escape sequences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from ..errors import printable


class Harmless:
    """A stream of text that writes escapes for what would steer a terminal.

    Attributes:
        stream: Where it writes; for what means to steer, e.g. bars.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write the text in its printable form."""
        return self.stream.write(printable(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def harmless() -> Iterator[None]:
    """Make standard output and errors harmless where they are terminals; none of both fails at an odd character."""
    before = sys.stdout, sys.stderr
    for name, stream in zip(("stdout", "stderr"), before, strict=True):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        if stream.isatty():
            setattr(sys, name, Harmless(stream))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
