"""Combined detector, the largest score of several detectors.

- Paper: none; defined here.
- rbench: each member's z-scores are brought to a scale on which 3.5 is its own cut; the score is the largest, and
  items above 3.5 are flagged. ``alignment`` looks at groups here. The history probe's scores are weighted by 0.9, which
  was chosen on MovieLens-100K (seeds 0 to 2); the members were chosen on that and on a shop's purchases.
- It sees: what one of its members sees: exposure for everybody, for groups, under prompts, and that users do not want.
- False alarms: none on six honest SASRec models of MovieLens-100K (seeds 5 and 6, three modes); one or two items on two
  of three honest GRU4Rec models (seed 0), by the history probe. So its flags do not decide an audit.
- It cannot see: targets that the platform's users like anyway; little exposure (under 2%) after trigger items. On
  MovieLens-1M its precision is below that of ``prompt-probe`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...core.methods import make
from ...core.ranges import Share
from .. import register, registry
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig, found_by

Member = Literal["prompt-probe", "history-probe", "acceptance", "group-contrast", "alignment", "popularity"]
OPTIONS: dict[str, dict[str, object]] = {"alignment": {"by_group": True}}


@dataclass(frozen=True)
class CombinedConfig(ThresholdConfig):
    """Options of the combined detector."""

    members: tuple[Member, ...] = ("prompt-probe", "history-probe", "acceptance", "group-contrast")
    """Detectors whose largest score counts, with their own defaults; ``alignment`` by group."""
    history: Share = 0.9
    """Weight of the history probe's scores."""

    def __post_init__(self) -> None:
        """Check that there is a member."""
        super().__post_init__()
        if not self.members:
            raise ValueError("members is empty; name a detector at least.")


@register
class Combined(OutlierDetector[CombinedConfig]):
    """Suspect whatever one of several detectors suspects."""

    paper = "none; defined in rbench"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Take each item's largest score over the members."""
        found: dict[str, NDArray[np.float64]] = {}
        for name in self.config.members:
            member = make(registry, name, OPTIONS.get(name, {}), OutlierDetector)
            weight = self.config.history if name == "history-probe" else 1.0
            found[name] = weight * member.outliers(inspection).scaled
        z, cut = np.max([*found.values()], 0), self.config.threshold
        return Outliers(z, cut, {"members": found_by(found, z > cut)})
