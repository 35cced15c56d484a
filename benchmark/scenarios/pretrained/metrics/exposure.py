"""How often target items are put before users, for every user: the papers' exposure metrics.

Percentages over (user, target item) pairs, as in Tables 1 and 2 of "Attacking Pre-trained
Recommendation" (SIGIR 2023): a user's HIT@N is the share of the *targets* that are in the
user's top N, hence at most ``min(N, |T|) / |T|``, and NDCG@N is not divided by an ideal DCG.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....core.topk import TopK

LENGTHS = (5, 10, 20, 50, 100)
NDCG_LENGTHS = (5, 10)
Vectors = dict[str, NDArray[np.float64]]


def per_user_exposure(topk: TopK, targets: NDArray[np.integer]) -> Vectors:
    """Return each exposure metric for each user; its mean over an audience is that audience's metric.

    Args:
        topk: The ranking; lists shorter than N give no metric @N.
        targets: Target item ids ``[targets]``, each once, padding not among them.

    Returns:
        Metric name to float64 ``[users]``, in percent.

    Raises:
        ValueError: If ``targets`` is empty, holds an item twice, or holds padding.
    """
    if not len(targets) or len(np.unique(targets)) < len(targets) or np.min(targets) < 1:
        raise ValueError("targets must be item ids from 1 on, at least one, each once")
    hits = np.isin(topk.items, targets)
    found = np.cumsum(hits, axis=1)
    gains = np.cumsum(hits / discounts(hits.shape[1]), axis=1)
    result: Vectors = {}
    for n in _lengths(topk):
        result[f"HIT@{n}"] = 100.0 * found[:, n - 1] / len(targets)
        if n in NDCG_LENGTHS:
            result[f"NDCG@{n}"] = 100.0 * gains[:, n - 1] / len(targets)
        result[f"slot_share@{n}"] = 100.0 * found[:, n - 1] / n
    return result


def per_user_chance(topk: TopK, n_targets: int) -> Vectors:
    """Return what a uniformly random ranking of each user's candidates is expected to give.

    With c candidates, each of them takes each place with probability 1/c. So in percent
    HIT@N = min(N, c) / c, NDCG@N = (sum over r <= min(N, c) of 1 / log2(r + 1)) / c, and
    slot_share@N = |T| / N x min(N, c) / c. Every target is taken to be a candidate: a ranking
    does not tell which of them are masked, so where targets occur in histories this is slightly high.

    Returns:
        Metric name to float64 ``[users]``, in percent; the names of :func:`per_user_exposure`.
    """
    candidates = np.maximum(topk.candidates.astype(np.int64), 1)
    result: Vectors = {}
    for n in _lengths(topk):
        result[f"HIT@{n}"] = 100.0 * np.minimum(n, candidates) / candidates
        if n in NDCG_LENGTHS:
            result[f"NDCG@{n}"] = 100.0 * np.cumsum(1 / discounts(n))[np.minimum(n, candidates) - 1] / candidates
        result[f"slot_share@{n}"] = result[f"HIT@{n}"] * n_targets / n
    return result


def discounts(n: int) -> NDArray[np.float64]:
    """Return float64 ``[n]``: log2(rank + 1) for the ranks 1 to n."""
    return np.log2(np.arange(2, n + 2, dtype=np.float64))


def _lengths(topk: TopK) -> list[int]:
    return [n for n in LENGTHS if n <= topk.items.shape[1]]
