"""Ranges of numbers, declared in an option's type: ``rate: Annotated[float, Range(0, 1)] = 0.5``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias


@dataclass(frozen=True)
class Range:
    """Numbers between two bounds, either of which may be open.

    Attributes:
        least: The smallest number that is allowed; None where there is no such bound, as below.
        most: The largest number that is allowed.
        above: Only larger numbers are allowed.
        below: Only smaller numbers are allowed.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def __contains__(self, number: Any) -> bool:
        """Whether a number is allowed; what is not a number (NaN) never is."""
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )

    def __str__(self) -> str:
        """Return the bounds as they stand after "number" in a list, e.g. ``from 0 to 1``."""
        if self.least is not None and self.most is not None:
            return f"from {self.least} to {self.most}"
        low = _written("from", self.least) + _written("above", self.above)
        return ", ".join(low + _written("up to", self.most) + _written("below", self.below))

    @property
    def rule(self) -> str:
        """The bounds as they end a sentence, e.g. ``must lie between 0 and 1``."""
        if self.least is not None and self.most is not None:
            return f"must lie between {self.least} and {self.most}"
        low = _written("at least", self.least) + _written("above", self.above)
        return "must be " + " and ".join(low + _written("at most", self.most) + _written("below", self.below))


def _written(word: str, bound: float | None) -> list[str]:
    return [] if bound is None else [f"{word} {bound}"]


Probability: TypeAlias = Annotated[float, Range(0, 1)]
"""A number from 0 to 1, both included."""
Share: TypeAlias = Annotated[float, Range(0, 1)]
"""Part of a whole: a number from 0 to 1, both included."""
Positive: TypeAlias = Annotated[float, Range(above=0)]
"""A number above 0."""
Count: TypeAlias = Annotated[int, Range(1)]
"""A whole number from 1."""
CountOrZero: TypeAlias = Annotated[int, Range(0)]
"""A whole number from 0."""
