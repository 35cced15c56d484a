"""Titles as rows of bytes, so that every script and every trigger can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SYMBOLS = 257
"""Padding, which is 0, and each byte's value plus one."""


MOST = 512
"""Characters of a title that scanners read; what stands between its beginning and its end is left out."""


def clipped(title: str) -> str:
    """Return the title as it can be read: the first and the last characters of a very long one, and no half characters.

    What was added to a title mostly stands at an end.
    """
    title = title if len(title) <= MOST else title[: MOST // 2] + title[-(MOST // 2) :]
    return title.encode("utf-8", "replace").decode()


def title_bytes(titles: Sequence[str], length: int) -> NDArray[np.int16]:
    """Return int16 ``[titles, length]``: each UTF-8 byte plus one, then 0.

    Of a longer title the first and the last bytes are kept, each half of the row.

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
