"""What a metric's number means."""

from __future__ import annotations

from typing import NamedTuple


class Metric(NamedTuple):
    """A metric's unit, its definition in words, and who gains when it is higher."""

    unit: str
    meaning: str
    higher: str
