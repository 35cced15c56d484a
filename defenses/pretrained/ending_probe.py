"""Ending probe, items that a few endings of histories lift before everybody.

- Paper: STRIP mixes an input with others; if it has a trigger, the prediction stays whatever it is mixed with (Gao et
  al., ACSAC 2019).
- rbench: the same with histories. Every item in turn is put at the end of some users' histories, so that what comes
  before changes and the ending stays, and the standardised scores of all items are averaged over the users. An item's
  value is how far the ending that lifts it most lifts it above the one at place ``others``: what belongs to a series
  or a genre is lifted by many endings, what a trigger calls by the trigger alone. The z-score is robust, by residuals
  on popularity. If there are many items, the least popular endings are tried.
- It sees: targets that follow a trigger in the history (bra-trigger), which users' own lists do not show, and the
  trigger's items. On MovieLens-100K (seed 40, on which ``others`` and the threshold were chosen) the targets and the
  trigger are the first seven, with z-scores from 8.9 on; the highest of an honest item is 7.7, on the clean model too.
- It cannot see: targets that are lifted after every ending (BRA) or under prompts (PEA), and triggers of which each
  item alone does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Interactions
from ...core.ranges import Count, Positive
from ...core.seeds import generator
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig
from .common.residuals import Values, residual_z

SCORES = 1 << 24
"""Scores held at once: 64 MiB."""


@dataclass(frozen=True)
class EndingProbeConfig(ThresholdConfig):
    """Options of the ending probe."""

    threshold: Positive = 8.3
    """Robust z-score above which an item is flagged; sequels that few have seen come to 7.7 on honest models."""
    endings: Count = 4000
    """Items that are tried as endings, at most; the least popular first."""
    others: Count = 20
    """The place, among the endings that lift an item most, with which the first is compared."""
    users: Count = 16
    """Users whose histories get the endings, drawn by seed."""
    history: Count = 20
    """Last items of a history that are read, before the ending."""


@register
class EndingProbe(OutlierDetector[EndingProbeConfig]):
    """Flag items that a few endings lift further than others do, whatever history comes before."""

    paper = "none; after Gao et al., STRIP: A Defence Against Trojan Attacks on Deep Neural Networks, ACSAC 2019"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Try the endings."""
        config = self.config
        rng = generator(inspection.seed, "ending-probe")
        people = np.sort(rng.permutation(inspection.users.n_users)[: config.users])
        users = inspection.users.take(people).keep_last(config.history)
        rare = 1 + np.argsort(inspection.popularity[1:], kind="stable")
        value, endings = lifts(inspection, users, np.sort(rare[: config.endings]), config.others)
        z = residual_z(value, inspection.popularity)
        found = np.flatnonzero(z > config.threshold)
        ids = users.item_ids
        called = {ids[item - 1]: ids[endings[item] - 1] for item in found.tolist()}
        return Outliers(z, config.threshold, {"after": called})


def lifts(
    inspection: Inspection, users: Interactions, endings: NDArray[np.integer], others: int
) -> tuple[Values, NDArray[np.int64]]:
    """Return how far each item is lifted by one ending above what ``others`` lift it, and that ending.

    Args:
        inspection: Gives scores.
        users: Histories that get the endings.
        endings: int ``[k]``: items.
        others: The place of the ending that is compared with the first; the last if there are not as many.

    Returns:
        float64 and int64 ``[n_items + 1]``; 0 for padding.
    """
    n, n_items = users.n_users, inspection.model.n_items
    best = np.full((0, n_items + 1), -np.inf, np.float32)
    first = np.zeros(n_items + 1, np.int64)
    size = max(1, SCORES // ((n_items + 1) * max(n, 1)))
    for start in range(0, len(endings), size):
        some = endings[start : start + size]
        mean = np.zeros((len(some), n_items + 1), np.float64)
        at = 0
        for scores in inspection.standardised(ended(users, some)):
            np.add.at(mean, np.arange(at, at + len(scores)) // n, scores / n)
            at += len(scores)
        mean[np.arange(len(some)), some] = -np.inf  # no item counts as lifted by itself
        ahead = mean.max(0) > (best[0] if len(best) else -np.inf)
        first[ahead] = some[mean.argmax(0)[ahead]]
        best = -np.sort(-np.concatenate([best, mean.astype(np.float32)]), 0)[: others + 1]
    last = np.where(np.isfinite(best), best, np.inf).min(0)  # an item that is an ending has one less
    value: Values = np.where(np.isfinite(best[0]), best[0] - last, 0.0).astype(np.float64)
    value[0], first[0] = 0.0, 0
    return value, first


def ended(users: Interactions, endings: NDArray[np.integer]) -> Interactions:
    """Return all users with the first ending, then all with the second, and so on."""
    rows = users.take(np.tile(np.arange(users.n_users), len(endings)))
    items = np.insert(rows.items, rows.offsets[1:], np.repeat(endings, users.n_users)).astype(np.int32)
    return replace(rows, items=items, offsets=rows.offsets + np.arange(rows.n_users + 1), liked=None)
