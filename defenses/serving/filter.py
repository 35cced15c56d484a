"""Filter, flagged items are left out of all lists.

- Paper: none; the platform's cheapest answer to a detector, defined here.
- rbench: it stands after a detector in a chain, ``prompt-probe+filter``. What is left of a user's list of 100 moves up,
  so that a list from which m items are taken has m places less at its end. A next item that is flagged counts as never
  shown; the rank of another falls by the flagged items before it among the 100.
- It cannot mend: what the detector does not flag. Items that are flagged wrongly are lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.config import Options
from ...core.topk import TopK
from .. import Deployed, Flagged, Serving, register


@dataclass(frozen=True)
class FilterConfig(Options):
    """Options of the filter: none."""


@register
class Filter(Serving[FilterConfig]):
    """Show no item that the detector before it flags."""

    paper = "none; defined in rbench"
    inputs = (Flagged(),)

    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        """Take flagged items out, and move the others up."""
        ranking, flagged = deployed.ranking, deployed.given(Flagged).flagged
        gone = flagged[ranking.items]
        order = np.argsort(gone, axis=1, kind="stable")
        items = np.take_along_axis(np.where(gone, 0, ranking.items), order, 1)
        held_out = held_out_items(deployed)  # int32 [users]
        places = np.arange(1, ranking.items.shape[1] + 1)
        ahead = (gone & (places < ranking.held_out_rank[:, None])).sum(1)
        ranks = np.where(flagged[held_out], ranking.candidates, ranking.held_out_rank - ahead)
        served = replace(ranking, items=items, held_out_rank=ranks.astype(np.int32))
        return served, {"left_out": int(flagged.sum()), "places": int(gone.sum())}


def held_out_items(deployed: Deployed) -> NDArray[np.int32]:
    """Return the held-out item of each ranked user, int32 ``[users]``: the last of each sequence."""
    data, users = deployed.data, deployed.ranking.users
    last: NDArray[np.int32] = data.items[data.offsets[1:] - 1].astype(np.int32)
    return last if users is None else last[users]
