"""Which items a repair mends: those that a detector flags in the model handed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....core.config import Options
from ....core.methods import make
from ... import Flagged, Handed, registry
from ...pretrained.common.inspection import Inspection
from ...pretrained.common.outliers import OutlierDetector


@dataclass(frozen=True)
class SuspectsConfig(Options):
    """Options of a repair that begins with a detector."""

    detector: Literal[
        "combined", "prompt-probe", "history-probe", "acceptance", "group-contrast", "alignment", "popularity"
    ] = "combined"
    """Detector, with its own defaults, whose flagged items are mended, unless one stands before it in a chain."""


def suspects(handed: Handed, inspection: Inspection, detector: str) -> NDArray[np.int64]:
    """Return the items that the detector before it in a chain flags, or else the one that is named, ascending."""
    if handed.has(Flagged):
        return np.flatnonzero(handed.given(Flagged).flagged)
    made = make(registry, detector, {}, OutlierDetector)
    return np.flatnonzero(made.outliers(inspection).detection.flagged)
