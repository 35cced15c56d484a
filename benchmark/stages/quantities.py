"""Durations and sizes as people write them: ``90s``, ``2h``, ``30d``, ``4GB``."""

from __future__ import annotations

import math
import re

from ...core.errors import UserError

_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


def duration(text: str, option: str) -> float:
    """Return seconds.

    Raises:
        UserError: If the text is no positive number with a unit of time.
    """
    return _read(text, option, _SECONDS, "90s, 30m, 2h or 7d")


def size(text: str, option: str) -> int:
    """Return bytes; ``GB`` are 10^9 of them, ``GiB`` 2^30.

    Raises:
        UserError: If the text is no positive number with a unit of size.
    """
    return math.ceil(_read(text, option, _BYTES, "500MB, 4GB or 4GiB"))


def written_size(n: float) -> str:
    """Return so many bytes for people, e.g. ``4.0 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:.0f} B" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} TB"


def _read(text: str, option: str, units: dict[str, int], example: str) -> float:
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-zA-Z]*)", text.strip())
    unit = units.get(found[2].lower()) if found else None
    if found is None or unit is None or not float(found[1]):
        raise UserError(f"{option} {text}: write, e.g., {example}.")
    return float(found[1]) * unit
