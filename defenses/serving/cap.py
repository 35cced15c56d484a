"""Cap, no item takes more places than its popularity warrants.

- Paper: none; defined here. Caps on exposure are known from fair ranking, where they are shares of merit (Singh and
  Joachims, Fairness of Exposure in Rankings, KDD 2018).
- rbench: an item's share is (n + 1) / (N + items), of its n and all N interactions in the platform's log, test items
  left out. In the first p places of all lists together it takes at most ``times`` x share x users x p places, for every
  p. Places are given one after the other: at place p each user, in an order drawn anew for each place, takes the best
  item of their list of 100 that they do not have and that may still be shown. A user who finds none has an empty place.
- It needs no detector. It costs accuracy wherever a model is honestly more certain than popularity. On MovieLens-100K
  (SASRec, direct use, seeds 5 and 6) BRA's HIT@5 fell from 30 and 45% to 0.8 and 1.2%, PEA's among its users from 16
  and 13% to 1.4 and 2.2%, and HR@10 of the clean model did not change. The default was not chosen on them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.config import Options
from ...core.ranges import Positive
from ...core.seeds import generator
from ...core.topk import TopK
from .. import Deployed, Serving, register
from .filter import held_out_items


@dataclass(frozen=True)
class CapConfig(Options):
    """Options of the cap."""

    times: Positive = 10.0
    """Times its share of the log that an item may have of the places."""


@register
class Cap(Serving[CapConfig]):
    """Give no item more than some times its share of the platform's log."""

    paper = "none; defined in rbench, cf. Singh and Joachims, Fairness of Exposure in Rankings, KDD 2018"

    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        """Fill the lists place by place."""
        ranking = deployed.ranking
        counts = deployed.data.drop_last(1).item_counts()
        share = (counts + 1) / (counts.sum() + deployed.data.n_items)
        items = capped(ranking.items, self.config.times * share * len(ranking.items), deployed.seed)
        found = items == held_out_items(deployed)[:, None]
        beyond = np.maximum(ranking.held_out_rank, np.minimum(items.shape[1] + 1, ranking.candidates))
        ranks = np.where(found.any(1), found.argmax(1) + 1, beyond)
        moved = float((items != ranking.items).mean())
        return replace(ranking, items=items, held_out_rank=ranks.astype(np.int32)), {"changed": round(moved, 4)}


def capped(items: NDArray[np.int32], quotas: NDArray[np.float64], seed: int) -> NDArray[np.int32]:
    """Return lists, int32 ``[users, k]``, in whose first p places item i stands at most ``p * quotas[i]`` times.

    Args:
        items: int32 ``[users, k]``: what each user may be shown, best first; 0 is nothing.
        quotas: float64 ``[n_items + 1]``: places that each item may have in lists of one place.
        seed: Of the order in which users take their places.
    """
    rng = generator(seed, "cap")
    left = [[item for item in row if item] for row in items.tolist()]
    made, counts = np.zeros_like(items), np.zeros(len(quotas), np.int64)
    for place in range(items.shape[1]):
        allowed = np.floor((place + 1) * quotas + 1e-9).astype(np.int64)
        for user in rng.permutation(len(left)):
            own = left[user]
            for n, item in enumerate(own):
                if counts[item] < allowed[item]:
                    made[user, place] = item
                    counts[item] += 1
                    del own[n]
                    break
    return made
