"""History probe, items that follow any item.

- Paper: none; defined here, after Neural Cleanse (Wang et al., S&P 2019): a search for inputs that need no data.
- rbench: histories of one item each, all items or a draw of 4,000, without prompts. An item's value is the 0.9
  quantile over histories of its standardised score; its z-score is robust, by residuals on the platform's popularity.
- It sees: items that follow a tenth of all items or more; PEA well, since targets stay near items, whoever looks.
- It cannot see: exposure that longer histories or prompts alone bring about, or that few trigger items do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ...core.ranges import Count, Range
from ...core.seeds import generator
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig
from .common.residuals import residual_z


@dataclass(frozen=True)
class HistoryProbeConfig(ThresholdConfig):
    """Options of the history probe."""

    quantile: Annotated[float, Range(0, 1)] = 0.9
    """Quantile over histories of an item's standardised score."""
    histories: Count = 4000
    """Histories at most; drawn if there are more items."""


@register
class HistoryProbe(OutlierDetector[HistoryProbeConfig]):
    """Flag items that score high after many one-item histories."""

    paper = "none; defined in rbench, after Wang et al., Neural Cleanse, S&P 2019"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Take each item's quantile over made-up histories."""
        n_items = inspection.model.n_items
        items = np.arange(1, n_items + 1, dtype=np.int32)
        if n_items > self.config.histories:
            drawn = generator(inspection.seed, "histories").choice(items, self.config.histories, replace=False)
            items = np.sort(drawn)
        histories = inspection.users.fake_users(list(items[:, None]))
        scores = np.empty((len(items), n_items + 1), np.float32)
        first = 0
        for block in inspection.standardised(histories, "none"):
            scores[first : first + len(block)] = block
            first += len(block)
        level = np.concatenate(
            [np.quantile(part, self.config.quantile, axis=0) for part in np.array_split(scores, 1 + n_items // 500, 1)]
        )
        return Outliers(residual_z(level.astype(np.float64), inspection.popularity), self.config.threshold)
