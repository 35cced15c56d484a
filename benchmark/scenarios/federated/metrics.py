"""The federated scenario's metrics: exposure ratios over the epochs, and accuracy, from all runs of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from ...tables.metric import Metric

LENGTHS = (5, 10, 20, 30)
SETTLED = 10
"""Epoch from which an attack that works at all is expected to have worked."""
_UNIT = "share of benign users who have not interacted with the target"
METRICS: dict[str, Metric] = {
    **{f"ER@{k}": Metric(_UNIT, f"the target is in their top {k}, after the last epoch", "stronger") for k in LENGTHS},
    **{f"ER@{k} peak": Metric(_UNIT, f"ER@{k} after the epoch where it is highest", "stronger") for k in LENGTHS},
    **{f"ER@{k} floor": Metric(_UNIT, f"lowest ER@{k} from epoch {SETTLED} on", "steadier attack") for k in LENGTHS},
    "recall@20": Metric("fraction", "held-out items in the top 20, mean over benign users", "more accurate"),
    "accuracy NDCG@20": Metric("fraction", "NDCG of the held-out items, cut at 20", "more accurate"),
}
ACCURACY = ("recall@20", "accuracy NDCG@20")


def summarise(runs: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return metrics and log of a cell from its trainings.

    Args:
        runs: What each simulation returned.

    Returns:
        Metrics and chance levels as a record has them; and a log with the means over runs and targets
        after every epoch, the end values of every target, and the numbers of clients.
    """
    exposed = [name for name in runs[0]["epochs"][0] if name.startswith("ER@")]
    [recall] = [name for name in runs[0]["epochs"][0] if name.startswith("recall@")]
    [ndcg] = [name for name in runs[0]["epochs"][0] if name.startswith("NDCG@")]
    curves: dict[str, list[float | None]] = {
        name: [_mean([v for run in runs for v in _listed(run["epochs"][epoch][name])]) for epoch in _epochs(runs)]
        for name in (*exposed, recall, ndcg, "loss")
    }
    metrics: dict[str, float | None] = {}
    for name in exposed:
        metrics[name] = curves[name][-1]
        metrics[f"{name} peak"] = max((v for v in curves[name] if v is not None), default=None)
        metrics[f"{name} floor"] = min((v for v in curves[name][SETTLED - 1 :] if v is not None), default=None)
    metrics[recall], metrics[f"accuracy {ndcg}"] = curves[recall][-1], curves[ndcg][-1]
    chance = {name: _mean([v for run in runs for v in _listed(run["chance"][name])]) for name in (*exposed, recall)}
    log = {
        "epochs": curves,
        "targets": {name: [v for run in runs for v in _listed(run["epochs"][-1][name])] for name in exposed},
        "clients": runs[0]["clients"],
    }
    return {"metrics": {"all": metrics}, "chance": {"all": chance}, "user_tests": {}}, log


def _epochs(runs: Sequence[dict[str, Any]]) -> range:
    return range(len(runs[0]["epochs"]))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return fmean(known) if known else None
