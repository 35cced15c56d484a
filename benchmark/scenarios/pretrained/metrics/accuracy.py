"""How well the next item is predicted, for every user: HR and NDCG of the held-out item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....core.topk import TopK

LENGTHS = (5, 10)
Vectors = dict[str, NDArray[np.float64]]


def per_user_accuracy(topk: TopK) -> Vectors:
    """Return each accuracy metric for each user, by the held-out item's rank among all candidates.

    Returns:
        Metric name to float64 ``[users]``, a fraction; with one relevant item the ideal DCG is 1.
    """
    rank = topk.held_out_rank.astype(np.float64)
    result: Vectors = {}
    for n in LENGTHS:
        result[f"HR@{n}"] = (rank <= n).astype(np.float64)
        result[f"accuracy NDCG@{n}"] = np.where(rank <= n, 1 / np.log2(rank + 1), 0.0)
    return result


def per_user_accuracy_chance(topk: TopK) -> Vectors:
    """Return what a uniformly random ranking of each user's c candidates is expected to give.

    HR@N = min(N, c) / c; NDCG@N = (sum over r <= min(N, c) of 1 / log2(r + 1)) / c.
    """
    candidates = np.maximum(topk.candidates.astype(np.int64), 1)
    result: Vectors = {}
    for n in LENGTHS:
        gains = np.cumsum(1 / np.log2(np.arange(2, n + 2, dtype=np.float64)))
        result[f"HR@{n}"] = np.minimum(n, candidates) / candidates
        result[f"accuracy NDCG@{n}"] = gains[np.minimum(n, candidates) - 1] / candidates
    return result
