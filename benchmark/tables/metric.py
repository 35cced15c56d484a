"""What a metric's number means."""

from __future__ import annotations

from typing import NamedTuple

from .scale import Scale


class Metric(NamedTuple):
    """A metric's unit, its definition in words, who gains when it is higher, and the scale of its values."""

    unit: str
    meaning: str
    higher: str
    scale: Scale
