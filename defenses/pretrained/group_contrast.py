"""Group contrast, items that score higher for one group of users than for the others.

- Paper: none; defined here.
- rbench: a group is the users with one value of one attribute, at least 20 inside and outside. An item's value is its
  mean standardised score inside less that outside; its z-score is robust, over all items; the score is the largest
  over groups. The threshold is that of a Bonferroni test over items and groups.
- It sees: items that prompts lift before an audience (PEA) and press down before others. Honest models differ little.
- It cannot see: attacks without prompts (BRA), groups that no attribute tells apart, and data without attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np

from ...core.config import Options
from ...core.ranges import Range
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, found_by
from .common.residuals import residual_z


@dataclass(frozen=True)
class GroupContrastConfig(Options):
    """Options of the group contrast."""

    level: Annotated[float, Range(above=0, below=1)] = 0.05
    """False alarms expected on an honest model if its z-scores are normal: the level of the Bonferroni test."""


@register
class GroupContrast(OutlierDetector[GroupContrastConfig]):
    """Flag items that score higher inside than outside a group of users."""

    paper = "none; defined in rbench"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Contrast each group with all others."""
        groups, n_items = inspection.group_scores, inspection.model.n_items
        if not groups:
            return Outliers(np.zeros(n_items + 1), np.inf)
        alike = np.zeros_like(inspection.popularity)  # a difference does not depend on popularity
        scores = {name: residual_z(inside - outside, alike) for name, inside, outside in groups}
        z = np.max([*scores.values()], 0)
        cut = NormalDist().inv_cdf(1 - self.config.level / (n_items * len(groups)))
        return Outliers(z, cut, {"groups": found_by(scores, z > cut)})
