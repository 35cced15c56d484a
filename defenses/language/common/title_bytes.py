"""Titles as rows of bytes, so that every script and every trigger can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SYMBOLS = 257
"""Padding, which is 0, and each byte's value plus one."""


def title_bytes(titles: Sequence[str], length: int) -> NDArray[np.int16]:
    """Return int16 ``[titles, length]``: each UTF-8 byte plus one, then 0.

    Of a longer title the first and the last bytes are kept, each half of the row: what was added to it mostly stands
    at an end.

    Args:
        titles: The titles.
        length: Width of the rows, an even number.
    """
    rows = np.zeros((len(titles), length), np.int16)
    for row, title in zip(rows, titles, strict=True):
        raw = title.encode("utf-8", "replace")
        if len(raw) > length:
            raw = raw[: length // 2] + raw[-(length // 2) :]
        row[: len(raw)] = np.frombuffer(raw, np.uint8).astype(np.int16) + 1
    return rows
