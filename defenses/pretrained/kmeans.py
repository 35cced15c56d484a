"""K-means detector (Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023, section 4.5).

- Paper: per item, the share of platform users who see it in their top 5, 10, 50 and 100, under the model handed over
  and under a local one; K-means with two clusters on the differences; one cluster is anomalous. Which one is not said.
- Released code: none for the detector.
- rbench: flags the smaller cluster (``flag=smaller``), or the one whose exposure grew more (``flag=larger-mean``). The
  score of an item is how much nearer it is to the flagged cluster's centre than to the other's. The detector judges the
  model as deployed, after the usage mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...core.config import Options
from ...core.detection import Detection
from ...core.ranges import Count
from ...core.topk import TopK
from .. import Deployed, Detector, Local, register

CUTOFFS = (5, 10, 50, 100)


@dataclass(frozen=True)
class KMeansConfig(Options):
    """Options of the K-means detector."""

    flag: Literal["smaller", "larger-mean"] = "smaller"
    """Which cluster is flagged: the one with fewer items, or the one whose exposure grew more."""
    restarts: Count = 10
    """Initialisations of K-means; the best is kept."""


@register
class KMeans(Detector[KMeansConfig]):
    """Cluster the growth of items' exposure over a local model's."""

    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023"
    inputs = (Local(),)
    weighs_exposure = False  # its published records are older than this metric

    def detect(self, deployed: Deployed) -> Detection:
        """Flag one of two clusters; the score is how much nearer an item is to its centre."""
        from sklearn.cluster import KMeans as Clusters
        from threadpoolctl import threadpool_limits

        n_items = deployed.data.n_items
        growth = exposure(deployed.ranking, n_items) - exposure(deployed.given(Local).ranking, n_items)
        with threadpool_limits(1):  # its parallel sums depend on the number of threads
            clusters = Clusters(2, n_init=self.config.restarts, random_state=deployed.seed % 2**32).fit(growth[1:])
        means = [growth[1:][clusters.labels_ == c].mean() for c in (0, 1)]
        sizes = np.bincount(clusters.labels_, minlength=2)
        suspect = int(np.argmin(sizes) if self.config.flag == "smaller" else np.argmax(means))
        distance = clusters.transform(growth[1:])
        flagged = np.concatenate([[False], clusters.labels_ == suspect])
        return Detection(np.concatenate([[0.0], distance[:, 1 - suspect] - distance[:, suspect]]), flagged)


def exposure(ranking: TopK, n_items: int) -> NDArray[np.float64]:
    """Return float64 ``[n_items + 1, 4]``: share of users with each item in the top 5, 10, 50, 100."""
    users = len(ranking.items)
    counts = [np.bincount(ranking.items[:, :n].ravel(), minlength=n_items + 1) for n in CUTOFFS]
    return np.stack(counts, 1) / users
