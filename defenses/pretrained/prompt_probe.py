"""Prompt probe, alignment under random prompts.

- Paper: none; defined here, after Neural Cleanse (Wang et al., S&P 2019), with random prompts in the place of
  optimised triggers.
- rbench: an item's value is the largest, over the model as it is and 8 random soft tokens, standard normal and the
  same for all users, of its mean standardised score; its z-score is that of ``alignment``. The provider's own prompts
  are not needed. SASRec normalises its input, so that only a token's direction counts; to a model that does not,
  such tokens may be longer than those of users. For a model that takes no prompts it is ``alignment``.
- It sees: items lifted before everybody (BRA), and items that some prompts lift (PEA), whoever's they are.
- False alarms: none on six honest SASRec models of MovieLens-100K (seeds 5 and 6, three modes) and three honest GRU4Rec
  models (seed 0). On models that no choice was made by: none of 16 of MovieLens-100K, but 5 of 17 of the checkerboard;
  docs/audit.md has the table. Its flags decide an audit, because the rule on shares misses PEA.
- It cannot see: targets that the platform's users like anyway, exposure after trigger items only, and, measured on one
  shop, a group attack whose prompts lie far from random ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.ranges import Count
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig, found_by
from .common.residuals import residual_z


@dataclass(frozen=True)
class PromptProbeConfig(ThresholdConfig):
    """Options of the prompt probe."""

    prompts: Count = 8
    """Random soft tokens."""
    own: bool = True
    """Look also at the model as it is, with its own prompts if it has any."""


@register
class PromptProbe(OutlierDetector[PromptProbeConfig]):
    """Flag items that the model or some random prompt lifts before the average user."""

    paper = "none; defined in rbench, after Wang et al., Neural Cleanse, S&P 2019"
    decides = True

    def outliers(self, inspection: Inspection) -> Outliers:
        """Take the largest mean score over prompts."""
        prompts = inspection.random_prompts(self.config.prompts)
        values = {f"random {n}": inspection.mean_scores(prompt) for n, prompt in enumerate(prompts, 1)}
        if self.config.own or not values:
            values["own"] = inspection.own_scores
        z, cut = residual_z(np.max([*values.values()], 0), inspection.popularity), self.config.threshold
        return Outliers(z, cut, {"prompts": found_by(values, z > cut)})
