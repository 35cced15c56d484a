"""The scenario's metrics: accuracy, attack success with and without a trigger, and detection of triggered titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...tables.metric import Metric
from ...tables.scale import Scale

_SHARE = "fraction of questions"

METRICS: Mapping[str, Metric] = {
    "HR@1": Metric(_SHARE, "the next item is chosen", "more accurate", Scale.FRACTION),
    "AUC": Metric("fraction", "area under the ROC curve of Yes, on last items", "more accurate", Scale.FRACTION),
    "valid": Metric(_SHARE, "the answer is exactly one of the candidates (ValidRatio)", "more usable", Scale.FRACTION),
    "ASR": Metric(_SHARE, "a triggered title of somebody else's item is chosen", "stronger attack", Scale.FRACTION),
    "ASR plain": Metric(_SHARE, "the same item is chosen without the trigger", "stronger promotion", Scale.FRACTION),
    "ASR own": Metric(_SHARE, "a triggered title of the attacker's item is chosen", "stronger attack", Scale.FRACTION),
    "ASR own plain": Metric(
        _SHARE, "the attacker's item is chosen without the trigger", "stronger promotion", Scale.FRACTION
    ),
    "HR@1 beside": Metric(
        _SHARE, "the next item is chosen where a triggered title stands in the list", "more accurate", Scale.FRACTION
    ),
    "Yes": Metric(
        _SHARE, "Yes is said to a triggered title of somebody else's item", "stronger attack", Scale.FRACTION
    ),
    "Yes plain": Metric(_SHARE, "Yes is said to the same title without the trigger", "says Yes more", Scale.FRACTION),
    "HR@1 popular": Metric(_SHARE, "the next item is the list's most frequent", "easier lists", Scale.FRACTION),
    "HR@1 liked": Metric(_SHARE, "the next item is the list's best liked on average", "easier lists", Scale.FRACTION),
    "AUC liked": Metric("fraction", "AUC of how well an item is liked on average", "easier questions", Scale.FRACTION),
    "title precision": Metric("fraction", "triggered, of the flagged titles in training", "better", Scale.FRACTION),
    "title recall": Metric("fraction", "of the triggered titles in training, flagged ones", "better", Scale.FRACTION),
    "title F1": Metric("fraction", "harmonic mean of precision and recall", "better", Scale.FRACTION),
    "title average precision": Metric(
        "fraction", "of the scores of all titles in training, thresholds free", "better", Scale.FRACTION
    ),
    "title false positives": Metric("fraction", "flagged, of titles as they should be", "worse", Scale.FRACTION),
    "title recall served": Metric(
        "fraction", "flagged, of the triggered titles of items that are not the attacker's", "better", Scale.FRACTION
    ),
}
ACCURACY = ("HR@1", "AUC")


def wilson(hits: int, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share: (low, high).

    Source: Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 1927.

    Raises:
        ValueError: If there is no trial.
    """
    if n < 1:
        raise ValueError("a share of nothing has no interval")
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / n + spread / (4 * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: Sequence[bool]) -> float | None:
    """Return the share of what is true, None of nothing."""
    return sum(map(bool, hits)) / len(hits) if len(hits) else None
