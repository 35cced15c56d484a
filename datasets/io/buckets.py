"""Puts numbers given as text into ranges: 24 becomes 20-29 under age:10."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...core.errors import UserError, unknown
from .columns import bucket_widths
from .side import Text
from .table import NUMBER


def bucketed(columns: Mapping[str, Text], rule: str) -> dict[str, Text]:
    """Return the columns with ranges where ``rule`` (``age:10+income:5000``) asks for them.

    Args:
        columns: Text by name; empty where unknown.
        rule: Which columns, and how wide the ranges are.

    Raises:
        UserError: If the rule is malformed or names no column, or a value is no number.
    """
    found = dict(columns)
    for name, width in bucket_widths(rule).items():
        if name not in columns:
            raise unknown(f"attribute in buckets={rule}:", name, columns)
        ranges = {value: _range(name, value, width) for value in dict.fromkeys(columns[name].tolist())}
        found[name] = np.array([ranges[value] for value in columns[name].tolist()], object)
    return found


def _range(name: str, value: str, width: int) -> str:
    if not value:
        return ""
    if not NUMBER.fullmatch(value):
        raise UserError(f"buckets: {name} {value!r} is not a number; leave {name} out of buckets.")
    low = int(float(value) // width) * width
    return f"{low}-{low + width - 1}" if width > 1 else str(low)
