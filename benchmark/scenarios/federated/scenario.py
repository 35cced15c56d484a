"""Federated recommendation: clients train a model under a server, and malicious ones among them promote items.

Setting and protocol are those of Rong et al., *Poisoning Deep Learning Based Recommender Model in Federated Learning
Scenarios*, IJCAI 2022. The options are in the sections ``federation``, ``federated-targets`` and, for the victim,
``ncf`` or ``mf``; ``rbench list sections -v`` has every one. A malicious client sees the global parameters of the
rounds that select it, the targets and the protocol. It sees no data and no user's embedding.

| | paper and released code | rbench |
|---|---|---|
| victim | NCF | the same, see below: section ``ncf``; or, with ``--models mf``, matrix factorisation: section ``mf``
  |
| client's loss | binary cross-entropy over positives and four negatives each; a sum in the paper, a mean in the
  released code | ``federation.client_loss``: ``mean`` (default) or ``sum`` |
| negatives | drawn once and kept | the same; ``federation.resample=true`` draws them anew every epoch |
| round | 256 clients of a shuffled list; the sum of their gradients, learning rate 0.001; an epoch sees everyone once;
  30 epochs | the same; an aggregator may stand in for the sum |
| split | 4:1 for each user; released: the last fifth of the file's order | ``federation.split``: ``tail`` (default, the
  released split) or ``random`` |
| malicious clients | ρ of the benign ones, rounded down, joining them | the same: ``malicious`` of each attack; they
  count in no metric |
| target | the item with the fewest interactions; 114 tie on ML, 55 on AZ | ties broken by seed;
  ``federated-targets.runs`` trainings with targets of their own, ``per_run`` targets at once |
| ER@K | share of the users who have not interacted with the target and have it in their top K, own training items left
  out | the same, after every epoch; equal scores rank in the order of the items' ids |
| audience | none | of data with ``audience=attribute:value`` the exposure of its users and of the others is measured
  apart; λ: the mean of the ratios of their ER@K, both first raised to what one user gives |
| accuracy | not stated for an attacked model | recall@20 and NDCG@20 of the held-out items |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ....attacks import FederatedAttack
from ....core.records.record import Record
from ....defenses import Aggregator
from ....models import FederatedModel
from ....models.federation.settings import FederationConfig
from ...stages.graph import Plan
from ...stages.setting import Setting
from ...stages.stage import Stage
from .. import Scenario, register
from .checks import check
from .expansion import expand
from .kinds import KINDS
from .metrics import ACCURACY, AIM, DETECTION, METRICS
from .pictures import FILES, pictures
from .targets import FederatedTargetsConfig

if TYPE_CHECKING:
    from ...tables.metric import Metric
    from ...tables.number import Numbers
    from ...tables.pictures.picture import Picture
    from ...tables.result_sets import ResultSet
    from ...tables.table import Table


@register
class FederatedScenario(Scenario):
    """Federated training: malicious clients upload gradients, aggregators of the server resist."""

    attacks = ("a-ra", "a-hum", "eb", "ra")
    models = ("ncf",)
    bases: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "attack": (FederatedAttack,),
        "defense": (Aggregator,),
        "model": (FederatedModel,),
    }
    sections: ClassVar[Mapping[str, type]] = {
        "federation": FederationConfig,
        "federated-targets": FederatedTargetsConfig,
    }
    stages = KINDS
    logged = ("measure",)
    metrics: ClassVar[Mapping[str, Metric]] = {**METRICS, **DETECTION, **AIM}
    accuracy = ACCURACY
    claims = Path(__file__).parent / "claims.toml"
    own_files = ("epochs.csv", "exposure.svg", *FILES)

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add draws of targets, federated trainings and measurement."""
        expand(plan, setting, seeds)

    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Name scenario, ranking, how targets are drawn, and the audience if there is one."""
        audience = setting.data_config.audience
        return {
            "scenario": self.name,
            "ranking": "all items but the user's own training items",
            "target draw": "fewest interactions, ties by seed",
            **({"audience": audience} if audience else {}),
        }

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any], sources: Mapping[str, str]) -> None:
        """Check that clients, lists and target items suit the data."""
        check(stages, load)

    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return exposure and accuracy, a row an attack and aggregator."""
        from .tables import summary

        return summary(result_set, numbers)

    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[Table]:
        """Return exposure in full, attacks against aggregators, and the spread over targets."""
        from .tables import tables

        return tables(result_set, numbers)

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return how many malicious clients there were."""
        from .tables import clients

        return clients(records)

    def series(self, result_set: ResultSet) -> list[Table]:
        """Return the exposure after every epoch."""
        from .epochs_table import epochs_table

        return [epochs_table(result_set)]

    def figures(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return exposure over the epochs as a picture."""
        from .figure import exposure_figure

        return {"exposure.svg": exposure_figure(result_set)}

    def pictures(self, result_set: ResultSet) -> list[Picture]:
        """Return trade-off, attacks against aggregators, and exposure by aggregator."""
        return pictures(result_set)
