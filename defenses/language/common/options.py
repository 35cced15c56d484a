"""Options that title scanners share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ....core.ranges import Range
from .. import ScannerConfig
from .families import FAMILIES


@dataclass(frozen=True)
class ThresholdConfig(ScannerConfig):
    """Options of a scanner whose threshold is fixed on trusted titles."""

    fpr: Annotated[float, Range(above=0, below=1)] = 0.01
    """Share of clean titles that may be flagged."""


@dataclass(frozen=True)
class HeldOutConfig(ThresholdConfig):
    """Options of a scanner that learns from trusted titles."""

    held_out: Annotated[float, Range(above=0, below=1)] = 0.3
    """Share of the trusted titles on which the threshold is fixed; the scanner learns from the others."""


@dataclass(frozen=True)
class FamiliesConfig(HeldOutConfig):
    """Options of a scanner that learns from made-up triggers."""

    leave_out: Literal["none", "char", "word", "sentence"] = "none"
    """A family of triggers from which nothing is learnt, to see how an unknown one is found."""

    @property
    def families(self) -> tuple[str, ...]:
        """The families from which is learnt."""
        return tuple(family for family in FAMILIES if family != self.leave_out)
