"""The federated scenario's metrics: exposure ratios over the epochs, and accuracy, from all runs of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ....models.federation.settings import FederationConfig
from ...tables.metric import Metric
from ...tables.scale import Scale

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
