"""The federated scenario's metrics: exposure ratios over the epochs, and accuracy, from all runs of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ....models.federation.settings import FederationConfig
from ...tables.metric import Metric
from ...tables.scale import Scale
from ..invisibility import invisibility

FLOOR_FROM = 10
"""Epoch from which a floor is the lowest value: an attack that works at all has worked by then."""
_UNIT = "share of benign users who have not interacted with the target"


@dataclass(frozen=True)
class Lengths:
    """The lengths of list at which a protocol measures, and the metrics that follow from them.

    Attributes:
        exposure: Lengths for the targets' exposure, ascending.
        accuracy: Length for recall and NDCG.
    """

    exposure: tuple[int, ...] = FederationConfig.exposure_at
    accuracy: int = FederationConfig.accuracy_at

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Lengths:
        """Return the lengths that a record's protocol names."""
        exposure = protocol.get("federation.exposure_at", cls.exposure)
        return cls(tuple(sorted(exposure)), protocol.get("federation.accuracy_at", cls.accuracy))

    @property
    def ends(self) -> tuple[str, ...]:
        """The metrics of exposure after the last epoch, shortest list first."""
        return tuple(f"ER@{k}" for k in self.exposure)

    @property
    def recall(self) -> str:
        """The metric of recall, e.g. ``recall@20``."""
        return f"recall@{self.accuracy}"

    @property
    def ndcg(self) -> str:
        """The metric of NDCG, e.g. ``accuracy NDCG@20``."""
        return f"accuracy NDCG@{self.accuracy}"

    def metrics(self) -> dict[str, Metric]:
        """Return every metric by name, in the order in which they are printed."""
        ends = {f"ER@{k}": f"the target is in their top {k}, after the last epoch" for k in self.exposure}
        peaks = {f"{end} peak": f"{end} after the epoch where it is highest" for end in self.ends}
        floors = {f"{end} floor": f"lowest {end} from epoch {FLOOR_FROM} on" for end in self.ends}
        accuracy = {
            self.recall: f"held-out items in the top {self.accuracy}, mean over benign users",
            self.ndcg: f"NDCG of the held-out items, cut at {self.accuracy}",
        }
        return {
            **{name: Metric(_UNIT, meaning, "stronger", Scale.FRACTION) for name, meaning in (ends | peaks).items()},
            **{name: Metric(_UNIT, meaning, "steadier attack", Scale.FRACTION) for name, meaning in floors.items()},
            **{
                name: Metric("fraction", meaning, "more accurate", Scale.FRACTION) for name, meaning in accuracy.items()
            },
        }


METRICS = Lengths().metrics()
"""Those of the default lengths."""
_CLIENTS = "clients that an aggregator flags, counted in every round"
DETECTION = {
    "client precision": Metric("fraction", f"malicious ones among the {_CLIENTS}", "sharper", Scale.FRACTION),
    "client recall": Metric("fraction", "flagged ones among the malicious clients", "sharper", Scale.FRACTION),
    "client F1": Metric("fraction", "harmonic mean of precision and recall of flags", "sharper", Scale.FRACTION),
    "client AP": Metric("fraction", "average precision of a round's scores, their mean", "sharper", Scale.FRACTION),
    "client false alarms": Metric("fraction", "flagged ones among the benign clients", "more alarms", Scale.FRACTION),
}
"""Of aggregators that say whom they distrust."""
SIDES = ("target", "non-target")
"""The audience, if there is one, and the others."""
AIM = {"lambda": Metric("ratio", "mean ratio target/non-target users over ER@K", "better aimed attack", Scale.RATIO)}
"""Of data with an audience."""
ACCURACY = (Lengths().recall, Lengths().ndcg)


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
        metrics[f"{name} floor"] = min((v for v in curves[name][FLOOR_FROM - 1 :] if v is not None), default=None)
    for name in DETECTION if "detection" in runs[0] else ():
        found = name.removeprefix("client ").replace("AP", "average precision")
        metrics[name] = _mean([run["detection"][found] for run in runs])
    metrics[recall], metrics[f"accuracy {ndcg}"] = curves[recall][-1], curves[ndcg][-1]
    chance = {name: _mean([v for run in runs for v in _listed(run["chance"][name])]) for name in (*exposed, recall)}
    apart = _by_audience(runs, exposed)
    if apart:
        metrics["lambda"] = _lambda(runs, apart)
    log = {
        "epochs": curves,
        "targets": {name: [v for run in runs for v in _listed(run["epochs"][-1][name])] for name in exposed},
        "clients": runs[0]["clients"],
    }
    return {"metrics": {"all": metrics, **apart}, "chance": {"all": chance}, "user_tests": {}}, log


def _by_audience(runs: Sequence[dict[str, Any]], exposed: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Return the end values of exposure of an audience and of the others; nothing where none was measured apart."""
    ends = [run["epochs"][-1] for run in runs]
    return {
        side: {name: _mean([v for end in ends for v in end[f"{side} {name}"]]) for name in exposed}
        for side in SIDES
        if f"{side} {exposed[0]}" in ends[0]
    }


def _lambda(runs: Sequence[dict[str, Any]], apart: Mapping[str, Mapping[str, float | None]]) -> float | None:
    """Return λ over the exposure ratios; the floor is what one exposed user gives in the smaller side."""
    sides = [list(apart[side].values()) for side in SIDES]
    values = [[value for value in side if value is not None] for side in sides]
    users = [sum(n for run in runs for n in run[f"{side} users_exposed"]) for side in SIDES]
    if values != sides or not min(users):
        return None
    target, others = values
    return invisibility(target, others, [1 / min(users)] * len(target))


def _epochs(runs: Sequence[dict[str, Any]]) -> range:
    return range(len(runs[0]["epochs"]))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return fmean(known) if known else None
