"""Detectors that give every item a z-score and flag those above a threshold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.config import Options
from ....core.detection import Detection
from ....core.methods import C
from ....core.ranges import Positive
from ... import Deployed, Detector
from .inspection import Inspection

THRESHOLD = 3.5
"""Modified z-scores above this are outliers (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993)."""


@dataclass(frozen=True)
class ThresholdConfig(Options):
    """Options of a detector with a threshold."""

    threshold: Positive = THRESHOLD
    """Robust z-score above which an item is flagged; 3.5 is Iglewicz and Hoaglin's (1993)."""


@dataclass(frozen=True, eq=False)
class Outliers:
    """z-scores of all items, and the one above which an item is flagged.

    Attributes:
        z: float64 ``[n_items + 1]``; 0 for padding.
        cut: May be infinite, where nothing can be flagged.
        log: What else to say in the record, JSON-able.
    """

    z: NDArray[np.float64]
    cut: float
    log: Mapping[str, Any] = field(default_factory=dict)

    @property
    def detection(self) -> Detection:
        """The scores and what they flag."""
        threshold = self.cut if np.isfinite(self.cut) else None
        return Detection(self.z, self.z > self.cut, {"threshold": threshold, **self.log})

    @property
    def scaled(self) -> NDArray[np.float64]:
        """z-scores on a scale on which items above 3.5 are flagged, whatever the cut; float64 ``[n_items + 1]``."""
        return self.z * (THRESHOLD / self.cut)


def found_by(values: Mapping[str, NDArray[np.float64]], flagged: NDArray[np.bool_]) -> dict[str, int]:
    """Return how many flagged items each source alone explains, the one with the largest value; none with no item.

    Args:
        values: Source, e.g. a prompt or a group, to float64 ``[n_items + 1]``.
        flagged: bool ``[n_items + 1]``.
    """
    if not values:
        return {}
    counts = np.bincount(np.argmax(np.stack([*values.values()])[:, flagged], 0), minlength=len(values))
    return {name: int(n) for name, n in zip(values, counts, strict=True) if n}


class OutlierDetector(Detector[C]):
    """A detector that can be combined with others of its kind."""

    def detect(self, deployed: Deployed) -> Detection:
        """Flag the items whose z-scores exceed the cut."""
        return self.outliers(Inspection(deployed)).detection

    @abstractmethod
    def outliers(self, inspection: Inspection) -> Outliers:
        """Return the items' z-scores, the higher the more suspect, and the cut."""
