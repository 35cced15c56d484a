"""What values a metric can have, hence on which scale its mean, interval and tests are computed."""

from __future__ import annotations

import enum


class Scale(enum.Enum):
    """The scale of a metric.

    PLAIN: any number, e.g. a difference. COUNT: 0 or more. FRACTION: 0 to 1. PERCENTAGE: 0 to 100.
    RATIO: more than 0, and half as much is as far from 1 as twice as much: means are geometric, tests are of
    logarithms, and changes are factors.
    """

    PLAIN = "plain"
    COUNT = "count"
    FRACTION = "fraction"
    PERCENTAGE = "percentage"
    RATIO = "ratio"

    @property
    def low(self) -> float | None:
        """The smallest value, None where there is none."""
        return None if self is Scale.PLAIN else 0.0

    @property
    def high(self) -> float | None:
        """The largest value, None where there is none."""
        if self is Scale.FRACTION:
            return 1.0
        return 100.0 if self is Scale.PERCENTAGE else None

    @property
    def unit_of_change(self) -> str:
        """What stands before a change: a times sign before a factor, else nothing."""
        return "×" if self is Scale.RATIO else ""

    def admits(self, value: float) -> bool:
        """Whether a metric on this scale can have a value; what is not finite, none can have."""
        above = self.low is None or value > self.low or (value == self.low and self is not Scale.RATIO)
        return above and abs(value) < float("inf") and (self.high is None or value <= self.high)
