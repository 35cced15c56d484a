"""Clients train a recommender together under a server, and malicious ones among them promote items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ....core.record import Record
from ....models.federation.settings import FederationConfig
from ...stages.graph import Plan
from ...stages.setting import Setting
from ...stages.stage import Stage
from .. import Scenario, Table, register
from .checks import check
from .expansion import expand
from .kinds import KINDS
from .metrics import ACCURACY, METRICS
from .targets import FederatedTargetsConfig

if TYPE_CHECKING:
    from ...tables.number import Numbers
    from ...tables.result_sets import ResultSet


@register
class FederatedScenario(Scenario):
    """Federated training: malicious clients upload gradients, aggregators of the server resist."""

    attacks = ("a-ra", "a-hum", "eb", "ra")
    models = ("ncf",)
    sections: ClassVar[Mapping[str, type]] = {
        "federation": FederationConfig,
        "federated-targets": FederatedTargetsConfig,
    }
    stages = KINDS
    logged = ("measure",)
    metrics = METRICS
    accuracy = ACCURACY
    claims = Path(__file__).parent / "claims.toml"
    own_files = ("epochs.csv",)
    reading = (
        "ER@K: share of the benign users who have not interacted with the target item and have it in their top K, "
        "after the last epoch; peak: after the epoch where it is highest; floor: lowest from epoch 10 on. recall@20, "
        "NDCG@20: of the held-out items; Δ: change against Clean without a defense. Malicious clients are in no "
        "metric. Mean ± half width of the 95% interval over seeds, each a mean over its draws of targets."
    )

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add draws of targets, federated trainings and measurement."""
        expand(plan, setting, seeds)

    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Name scenario, ranking and how targets are drawn."""
        return {
            "scenario": self.name,
            "ranking": "all items but the user's own training items",
            "target draw": "fewest interactions, ties by seed",
        }

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
        """Refuse what the data cannot bear."""
        check(stages, load)

    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return exposure and accuracy, a row an attack and aggregator."""
        from .tables import summary

        return summary(result_set, numbers)

    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[str]:
        """Return exposure in full, attacks against aggregators, and the spread over targets."""
        from .tables import tables

        return tables(result_set, numbers)

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return how many malicious clients there were."""
        from .tables import clients

        return clients(records)

    def files(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return the exposure after every epoch as CSV."""
        from .epochs_table import epochs_csv

        return {"epochs.csv": epochs_csv(result_set)}

    def figures(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return exposure over the epochs as a picture."""
        from .figure import exposure_figure

        return {"exposure.svg": exposure_figure(result_set)}
