"""Every metric of one ranking, by audience, with its chance level and its test over users."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .....core.topk import TopK
from ....tables.metric import Metric
from ....tables.scale import Scale
from ....tables.statistics import paired_users
from ...invisibility import invisibility
from .accuracy import per_user_accuracy, per_user_accuracy_chance
from .exposure import LENGTHS, NDCG_LENGTHS, Vectors, per_user_chance, per_user_exposure
from .floors import FOUR, difference, floors_of

Mask = NDArray[np.bool_]
ByAudience = dict[str, dict[str, float | None]]


_PAIRS = "% of (user, target item) pairs"
_ATTACK, _AIM = "stronger attack", "better aimed attack"
_ACCURATE, _DETECTOR = "more accurate", "better detector"
_PERCENT, _FRACTION, _PLAIN = Scale.PERCENTAGE, Scale.FRACTION, Scale.PLAIN
AFTER = {"trigger": "the attack's trigger", "random": "as many random items"}
"""What users may have met last, where exposure is measured again, and what that is."""
AFTER_LENGTHS = (5, 10)
METRICS: dict[str, Metric] = {
    **{f"HIT@{n}": Metric(_PAIRS, f"target items in the users' top {n}", _ATTACK, _PERCENT) for n in LENGTHS},
    **{
        f"NDCG@{n}": Metric(_PAIRS, f"as HIT@{n}, a hit at rank r counting 1/log2(r + 1)", _ATTACK, _PERCENT)
        for n in NDCG_LENGTHS
    },
    **{f"slot_share@{n}": Metric("% of slots", f"top-{n} slots taken by targets", _ATTACK, _PERCENT) for n in LENGTHS},
    **{
        f"{name} HIT@{n}": Metric(_PAIRS, f"as HIT@{n}, of histories that end in {what}", _ATTACK, _PERCENT)
        for n in AFTER_LENGTHS
        for name, what in AFTER.items()
    },
    "lambda": Metric("ratio", "mean ratio target/non-target users over H@5, N@5, H@10, N@10", _AIM, Scale.RATIO),
    "lambda_difference": Metric("percentage points", "mean difference over the same four", _AIM, Scale.PLAIN),
    **{f"HR@{n}": Metric("fraction of users", f"next item in the top {n}", _ACCURATE, _FRACTION) for n in (5, 10)},
    **{
        f"accuracy NDCG@{n}": Metric("fraction", f"NDCG of the next item, cut at {n}", _ACCURATE, _FRACTION)
        for n in (5, 10)
    },
    "precision": Metric("fraction", "flagged items that are targets", _DETECTOR, _FRACTION),
    "recall": Metric("fraction", "targets that are flagged", _DETECTOR, _FRACTION),
    "recall of exposure": Metric(
        "fraction", "share of the targets' exposure in top tens that flagged targets have", _DETECTOR, _FRACTION
    ),
    "F1": Metric("fraction", "harmonic mean of precision and recall", _DETECTOR, _FRACTION),
    "average precision": Metric("fraction", "area under precision over recall, any threshold", _DETECTOR, _FRACTION),
    "flagged": Metric("items", "how many items the detector would remove", "neither", Scale.COUNT),
    "scan statistic": Metric("the scan's own", "how suspect the model is as a whole", "neither", _PLAIN),
    "scan distance": Metric("standard deviations", "the statistic above the mean of honest models", "neither", _PLAIN),
    "scan p": Metric("probability", "of a statistic as high among honest models", "neither", _FRACTION),
}
ACCURACY = ("HR@5", "HR@10", "accuracy NDCG@5", "accuracy NDCG@10")
TESTED = ("HIT@5", "NDCG@5", "HIT@10", "NDCG@10", "slot_share@5", *ACCURACY)
"""What is tested over users: the metrics that the tables show."""


def measure(topk: TopK, targets: NDArray[np.integer], audience: Mask) -> ByAudience:
    """Return exposure and accuracy for all, target and non-target users; λ and its difference under ``all``.

    Args:
        topk: The ranking for platform users.
        targets: Target item ids ``[targets]``.
        audience: bool ``[users]``: who of them is a target user; everybody else, unknown included, is not.

    Returns:
        Audience to metric to value; None where an audience is empty.
    """
    return _summarise(per_user_exposure(topk, targets) | per_user_accuracy(topk), audience, len(targets))


def chance(topk: TopK, n_targets: int, audience: Mask) -> ByAudience:
    """Return what :func:`measure` is expected to give for a uniformly random ranking (λ: of the expectations)."""
    return _summarise(per_user_chance(topk, n_targets) | per_user_accuracy_chance(topk), audience, n_targets)


def user_tests(
    topk: TopK, clean: TopK, targets: NDArray[np.integer], audience: Mask
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Test exposure and accuracy against a clean model's, paired by user (two-sided t).

    Args:
        topk: The ranking to be tested.
        clean: The clean model's, for the same users in the same order.
        targets: Target item ids ``[targets]``.
        audience: bool ``[users]``.

    Raises:
        ValueError: If the two rankings are of different numbers of users.
    """
    if len(topk.items) != len(clean.items):
        raise ValueError("rankings of different users cannot be paired")
    ours = per_user_exposure(topk, targets) | per_user_accuracy(topk)
    theirs = per_user_exposure(clean, targets) | per_user_accuracy(clean)
    return {
        name: {m: paired_users(ours[m][mask], theirs[m][mask]) for m in TESTED if m in ours and m in theirs}
        for name, mask in _masks(audience).items()
    }


def _masks(audience: Mask) -> dict[str, Mask]:
    return {"all": np.ones_like(audience), "target": audience, "non-target": ~audience}


def _summarise(vectors: Vectors, audience: Mask, n_targets: int) -> ByAudience:
    result: ByAudience = {
        name: {metric: float(np.mean(vector[mask])) if mask.any() else None for metric, vector in vectors.items()}
        for name, mask in _masks(audience).items()
    }
    target, other = _four(result["target"]), _four(result["non-target"])
    floors = None
    if target and other:
        floors = floors_of(int(audience.sum()), int((~audience).sum()), n_targets)
    result["all"]["lambda"] = invisibility(target, other, floors) if floors else None
    result["all"]["lambda_difference"] = difference(target, other) if floors else None
    return result


def _four(metrics: Mapping[str, float | None]) -> list[float]:
    values = [metrics.get(name) for name in FOUR]
    return [v for v in values if v is not None] if None not in values else []
