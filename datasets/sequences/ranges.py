"""Ranges of numbers that are given as text: 24 becomes 20-29 under age:10."""

from __future__ import annotations

from ..reading.numbers import NUMBER

LONGEST = 30


def bucket_widths(rule: str) -> dict[str, int]:
    """Parse ``age:10+income:5000`` into widths by attribute.

    Raises:
        ValueError: If the rule is malformed or a width is no whole number above zero.
    """
    widths = {}
    for part in rule.split("+") if rule else []:
        name, _, width = part.strip().rpartition(":")
        if not name or not (width.isascii() and width.isdigit()) or int(width) == 0:
            raise ValueError(f"buckets={rule}: {part!r} is not attribute:width with a whole width, e.g. age:10.")
        widths[name] = int(width)
    return widths


def range_of(value: str, width: int) -> str | None:
    """Return the range of a number, "" for an empty text, or None where there is no number."""
    if not value:
        return ""
    if not NUMBER.fullmatch(value) or len(value) > LONGEST or abs(float(value)) > 1e15:
        return None
    low = int(float(value) // width) * width
    return f"{low}-{low + width - 1}" if width > 1 else str(low)
