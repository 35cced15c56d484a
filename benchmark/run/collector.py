"""Python's collector of cycles, off where it is in the way."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting(wanted: bool) -> Iterator[None]:
    """Have cycles collected, or not, within; off for what makes very many objects that stay.

    It would look through plans and records again and again: a third of the time of a command that reads 10,000.
    """
    before = gc.isenabled()
    (gc.enable if wanted else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if before else gc.disable)()
