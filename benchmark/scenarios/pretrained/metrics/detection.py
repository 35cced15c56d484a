"""How well a detector's suspicion meets the true target items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .....core.detection import Detection
from .....core.topk import TopK


def detection_metrics(detection: Detection, targets: NDArray[np.integer]) -> dict[str, float]:
    """Return precision, recall and F1 of the flagged items, their number, and the scores' average precision.

    Whatever would be divided by zero is 0. The average precision is the sum over thresholds of
    precision times the gain in recall, without interpolation; items with equal scores share a threshold.

    Args:
        detection: Scores and flags ``[n_items + 1]``; padding does not count.
        targets: Target item ids ``[targets]``.

    Raises:
        ValueError: If a score is not a number.
    """
    scores, flagged = detection.scores[1:], detection.flagged[1:]
    if np.isnan(scores).any():
        raise ValueError("a detector's scores must be numbers")
    truth = np.zeros(len(scores), bool)
    truth[np.asarray(targets) - 1] = True
    right = int(np.sum(truth & flagged))
    n_flagged, n_true = int(flagged.sum()), int(truth.sum())
    return {
        "precision": right / n_flagged if n_flagged else 0.0,
        "recall": right / n_true if n_true else 0.0,
        "F1": 2 * right / (n_flagged + n_true) if n_flagged + n_true else 0.0,
        "average precision": _average_precision(scores, truth),
        "flagged": float(n_flagged),
    }


def exposed_recall(detection: Detection, targets: NDArray[np.integer], ranking: TopK) -> float | None:
    """Return the share of the targets' exposure that flagged targets have; None if no target is shown.

    A target's exposure is the number of users who have it in their top 10: one that the attack never lifted is no miss.

    Args:
        detection: Scores and flags ``[n_items + 1]``.
        targets: Target item ids ``[targets]``.
        ranking: That of the model which the detector looked at.
    """
    shown = np.bincount(ranking.items[:, :10].ravel(), minlength=len(detection.flagged))[targets]
    return float(shown[detection.flagged[targets]].sum() / shown.sum()) if shown.sum() else None


def detection_chance(n_items: int, n_targets: int) -> dict[str, float]:
    """Return what a detector gets that scores at random.

    Precision is m/n, the share of targets among the items. The expected average precision of a random
    order is (H + (m - 1) (n - H) / (n - 1)) / n, with H the n-th harmonic number: at rank k stands a
    target with probability m/n, and then (k - 1) (m - 1) / (n - 1) more are expected before it. Recall
    and F1 depend on how many items are flagged and have no chance level of their own.
    """
    harmonic = float(np.sum(1 / np.arange(1, n_items + 1)))
    others = (n_targets - 1) / (n_items - 1) if n_items > 1 else 0.0
    expected = (harmonic + others * (n_items - harmonic)) / n_items if n_targets else 0.0
    return {"precision": n_targets / n_items, "average precision": expected}


def _average_precision(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    # scikit-learn's refuses infinite scores, which a detector may give, and adds up in another order: its last bit
    # differs in four of ten cases, and records would no longer be the same to the byte
    if not truth.any():
        return 0.0
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    found = np.cumsum(truth[order])[ends]
    gained = np.diff(found, prepend=0)
    return float(np.sum(found / (ends + 1) * gained) / truth.sum())
