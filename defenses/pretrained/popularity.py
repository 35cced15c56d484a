"""Popularity residual, exposure beyond what popularity predicts.

- Paper: none; the simple baseline, defined here.
- rbench: an item's value is the logarithm of its mean reciprocal rank over the platform's users, all items ranked; its
  z-score is robust, by residuals on popularity.
- It sees: items that are shown to many and known to few.
- It cannot see: the difference between a promotion and what the provider's users know and the platform's do not, so
  that it flags several items on honest models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig
from .common.residuals import residual_z


@dataclass(frozen=True)
class PopularityConfig(ThresholdConfig):
    """Options of the popularity residual."""


@register
class Popularity(OutlierDetector[PopularityConfig]):
    """Flag items that are ranked higher than their popularity predicts."""

    paper = "none; defined in rbench"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Rank all items after each history."""
        n_items, total = inspection.model.n_items, np.zeros(inspection.model.n_items + 1)
        for scores in inspection.model.scores(inspection.users):
            order = np.argsort(-scores[:, 1:], axis=1, kind="stable")
            ranks = np.empty_like(order)
            np.put_along_axis(ranks, order, np.arange(1, n_items + 1)[None], 1)
            total[1:] += (1 / ranks).sum(0)
        values = np.concatenate([[0.0], np.log(total[1:] / max(inspection.users.n_users, 1))])
        return Outliers(residual_z(values, inspection.popularity), self.config.threshold)
