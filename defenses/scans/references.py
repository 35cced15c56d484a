"""References, the largest lift of an item over what the platform's own models give it.

- Paper: none; defined here. Meta-classifiers of models need many poisoned ones (Xu et al., Detecting AI Trojans Using
  Meta Neural Analysis, S&P 2021); here only honest ones are trained.
- rbench: each model is described by its items' mean standardised scores after the platform users' histories, for any
  victim, with the provider's own prompts. The statistic of a model is its items' largest excess over the mean of all
  other models, in robust standard deviations of items of like popularity. The null is the statistic of the references,
  each against all others, the model under test among them: if that is like them, all orders are equally likely, and
  p is exact. A reference is trained on a draw of the platform's users, so that references differ in data as well.
- It sees: a lift for everybody, or under the provider's prompts. Smallest p: 1 / (models + 1).
- It cannot see: what raises no item's mean. A provider's honest model is trained on other users: how often it is called
  suspect has to be measured. On MovieLens-100K (SASRec, direct use, seeds 5 and 6) p was 1.0 and 0.8 for the two honest
  models, and 0.1, the smallest possible, for all six planted by BRA, BRA-group and PEA.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...core.config import Options
from ...core.detection import Verdict
from ...core.ranges import Range, Share
from .. import Deployed, ReferenceModels, Scan, register
from ..pretrained.common.inspection import Inspection
from ..pretrained.common.residuals import residual_z


@dataclass(frozen=True)
class ReferencesConfig(Options):
    """Options of the comparison with references."""

    models: Annotated[int, Range(3)] = 9
    """Models that the platform trains; all cells of a seed share them."""
    share: Share = 0.5
    """Share of the platform's users that each is trained on."""

    def __post_init__(self) -> None:
        """Check that references have users."""
        super().__post_init__()
        if not self.share:
            raise ValueError("share=0 must be above 0.")


@register
class References(Scan[ReferencesConfig]):
    """Compare the model with a pool of the platform's own."""

    paper = "none; defined in rbench"

    @property
    def inputs(self) -> tuple[ReferenceModels]:
        """The pool."""
        return (ReferenceModels(self.config.models, self.config.share),)

    def scan(self, deployed: Deployed) -> Verdict:
        """Describe every model, and compare each with all others."""
        models = [deployed.pretrained, *(own.pretrained for own in deployed.given(ReferenceModels))]
        looks = [Inspection(replace(deployed, pretrained=model)) for model in models]
        values = np.stack([look.own_scores for look in looks])
        found = lifts(values, looks[0].popularity)
        return Verdict(float(found[0]), found[1:], {"references": len(models) - 1})


def lifts(values: NDArray[np.float64], popularity: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return each model's largest excess of an item over the mean of all other models, float64 ``[models]``.

    Args:
        values: float64 ``[models, n_items + 1]``: items' values in each model; column 0 is padding.
        popularity: int ``[n_items + 1]``: interactions of each item.
    """
    total, others = values.sum(0), len(values) - 1
    excess = [own - (total - own) / others for own in values]
    return np.array([residual_z(one, popularity)[1:].max() for one in excess])
