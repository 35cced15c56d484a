"""The order of names that people expect: by code point, but runs of digits by their number."""

from __future__ import annotations

import re
from collections.abc import Iterable

DIGITS = re.compile("([0-9]+)")


def natural(texts: Iterable[str]) -> list[str]:
    """Sort by code point, but runs of digits by their number: 2, 10, 20-29, 100, a9, a10."""
    return sorted(texts, key=_natural_key)


def _natural_key(text: str) -> tuple[object, ...]:
    parts: list[object] = list(DIGITS.split(text))  # text and digits in turn
    for i in range(1, len(parts), 2):
        digits = str(parts[i]).lstrip("0")
        parts[i] = (len(digits), digits)  # compares as the number does, however long it is
    return (parts, text)
