"""Alignment, high scores for the average user beyond what popularity explains.

- Paper: none; defined here. Spectral signatures (Tran et al., NeurIPS 2018) look for a common direction too.
- rbench: an item's value is its score, standardised over the items after each history and averaged over the
  platform's users. Its z-score is robust, by residuals on popularity (isotonic regression, median absolute deviation
  within strata). With ``by_group`` the score is the largest over everybody and each group of users.
- It sees: items lifted before everybody (BRA), also by prompts that came with the model. With ``by_group``: items
  lifted before users with some value of some attribute (PEA). Many groups are many tests, so that false alarms rise.
- It cannot see: targets that the platform's users like anyway (above about a tenth of them), nor exposure after
  trigger items only; and an attacker who keeps its mean scores in the usual band, which costs most of the exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig, found_by
from .common.residuals import residual_z


@dataclass(frozen=True)
class AlignmentConfig(ThresholdConfig):
    """Options of the alignment detector."""

    by_group: bool = False
    """Look also at each group of users (one value of one attribute, at least 20 users inside and outside)."""


@register
class Alignment(OutlierDetector[AlignmentConfig]):
    """Flag items that score high for the average user, given their popularity."""

    paper = "none; defined in rbench (cf. Tran et al., Spectral Signatures in Backdoor Attacks, NeurIPS 2018)"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Compare mean standardised scores with those of items of like popularity."""
        values = {"everybody": inspection.own_scores}
        if self.config.by_group:
            values |= {name: inside for name, inside, _ in inspection.group_scores}
        scores = {name: residual_z(value, inspection.popularity) for name, value in values.items()}
        z, cut = np.max([*scores.values()], 0), self.config.threshold
        return Outliers(z, cut, {"groups": found_by(scores, z > cut)} if self.config.by_group else {})
