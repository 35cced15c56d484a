"""Pre-trained recommendation: a provider hands over a model, and a platform uses it as it is or tunes it first.

Setting and protocol are those of Wu et al., *Attacking Pre-trained Recommendation*, SIGIR 2023 (APRec).

| | paper and released code | rbench |
|---|---|---|
| parties | the provider pre-trains, the platform uses; same items, other users | the same; see [data.md](data.md) for
  the partition |
| split | leave one out: last item test, the one before it validation | the same |
| targets | 300 items; the released list has ten in each of 30 categories | a seeded draw over categories, 0.25% of the
  items, at least five: section ``targets`` |
| victim | SASRec, one layer, one head, width 64 | the same sizes, see below: section ``sasrec`` |
| loss | BPR | BPR or softmax over whole sequences, a loss at every position |
| schedule | Adam, learning rate 1e-4, then 1e-5 for tuning; batch 256; up to 300 epochs | by default schedules for
  small data; the paper's numbers with ``--preset paper`` |
| long sequences | – | sequences longer than the model takes are cut from their ends, or anew every epoch
  (``train.windows=random``) |
| weights | – | the weights of the last steps may be averaged (``train.average``, off by default) |
| ranking | all items; released: the user's history is not masked | all items, history masked, the held-out item not;
  ``rank.mask_history=false`` turns it off |
| ranked users | – | of more than 32,768 users a draw of that many, the same for every model: ``rank.users``, 0 for
  all |
| HIT@N, NDCG@N of targets | mean over (user, target) pairs in percent, no ideal DCG | the same; ceiling, slot share and
  chance level beside it |
| λ | audience against others | the mean of the four ratios of HIT and NDCG at 5 and 10, guarded near zero, which gives
  nine of the paper's ten printed rows; the mean difference beside it |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ....attacks import ProviderAttack
from ....core.records.record import Record
from ....core.registry import Registry
from ....defenses import Detector, Repair, Scan, Serving
from ....models import Model
from ....models.sequential.settings import PromptConfig, RankConfig, Schedule
from ...stages.graph import Plan
from ...stages.setting import Setting
from ...stages.stage import Stage
from .. import Scenario, register
from . import modes as usage
from .audit.kinds import AUDIT_KINDS
from .chains import check_chains
from .checks import check
from .expansion.expand import expand
from .files import check_cards, check_files
from .kinds import KINDS
from .metrics.measure import ACCURACY, METRICS
from .needs import check_needs, check_products
from .prompts import check_prompts
from .protocol.targets import TargetsConfig
from .tables.pictures import FILES, pictures
from .tuning import PretrainedTuning

if TYPE_CHECKING:
    from ...tables.number import Numbers
    from ...tables.pictures.picture import Picture
    from ...tables.result_sets import ResultSet
    from ...tables.table import Table


LEAVE_ONE_OUT = "leave-one-out: last item test, the one before validation"


@register
class PretrainedScenario(Scenario):
    """Pre-trained models from someone else: planted by the provider, used or tuned by the platform."""

    attacks = ("bra", "bra-group", "pea")
    modes = ("direct", "ft", "pt")
    defenses = ("combined", "combined+reestimate")
    models = ("sasrec",)
    bases: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "attack": (ProviderAttack,),
        "defense": (Detector, Scan, Repair, Serving),
        "model": (Model,),
    }
    sections: ClassVar[Mapping[str, type]] = {
        "train": Schedule,
        "finetune": Schedule,
        "prompttune": Schedule,
        "prompt": PromptConfig,
        "rank": RankConfig,
        "targets": TargetsConfig,
    }
    stages = (*KINDS, *AUDIT_KINDS)
    registries: ClassVar[Mapping[str, Registry[Any]]] = {"modes": usage.registry}
    logged = ("local", "pretrain", "repair", "adapt", "detect", "scan", "serve")
    chains = True
    metrics = METRICS
    accuracy = ACCURACY
    own_files = ("equal-accuracy.csv", "equal-accuracy.svg", *FILES)
    claims = Path(__file__).parent / "claims.toml"
    tuning = PretrainedTuning

    def known_modes(self) -> Sequence[str]:
        """Return every registered mode, those of plug-ins too."""
        return usage.registry.names()

    def check_settings(self, settings: Sequence[Setting]) -> None:
        """Check that methods go together and with the data's options, and that folders hold the grid's model."""
        check_prompts(settings)
        check_chains(settings)
        check_cards(settings)
        check_needs(settings)
        check_products(settings)

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add partition, pre-training, adaptation, ranking and measurement."""
        expand(plan, setting, seeds)

    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Name split, ranking, partition rule, audience and how targets are drawn."""
        given = getattr(setting.data_config, "split", ())
        split = f"given: train {given[0]}, valid {given[1]}, test {given[2]}" if given else LEAVE_ONE_OUT
        return {
            "split": split,
            "ranking": "all items",
            "platform": setting.data_config.platform,
            "audience": setting.data_config.audience,
            "target draw": "by category, in proportion to its items, anew for each seed",
        }

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any], sources: Mapping[str, str]) -> None:
        """Check that prompts can be made, that enough users of the audience are ranked, and that files fit the data."""
        stages = list(stages)
        check(stages, load)
        check_files(stages, load, sources)

    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return exposure, aim, accuracy and detection, a row an attack and mode."""
        from .tables.summary import summary

        return summary(result_set, numbers)

    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[Table]:
        """Return the papers' three tables, and what attacks' options change."""
        from .tables.full import tables

        return tables(result_set, numbers)

    def series(self, result_set: ResultSet) -> list[Table]:
        """Return exposure and accuracy by rate, of attacks that were run at several rates."""
        from .tables.equal_accuracy import curves_table

        table = curves_table(result_set)
        return [table] if table else []

    def figures(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return exposure against the accuracy that is kept as a picture, where attacks were run at several rates."""
        from .tables.figure import equal_accuracy_figure

        picture = equal_accuracy_figure(result_set)
        return {"equal-accuracy.svg": picture} if picture else {}

    def pictures(self, result_set: ResultSet) -> list[Picture]:
        """Return trade-off, defenses, exposure and λ by mode, and detection."""
        return pictures(result_set)

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return the share of labels that were replaced."""
        from .tables.captions import replaced

        return replaced(records)
