"""A provider inputs over a pre-trained model, and a platform uses it as it is or tunes it first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ....attacks import ProviderAttack
from ....core.record import Record
from ....defenses import Detector, Repair
from ....models import Model
from ....models.sequential.settings import PromptConfig, RankConfig, Schedule
from ...stages.graph import Plan
from ...stages.setting import Setting
from ...stages.stage import Stage
from .. import Scenario, Table, register
from . import modes
from .checks import check
from .expansion import expand
from .metrics.measure import ACCURACY, METRICS
from .protocol.targets import TargetsConfig

if TYPE_CHECKING:
    from ...tables.number import Numbers
    from ...tables.result_sets import ResultSet


EPOCHS = 40


@register
class PretrainedScenario(Scenario):
    """Pre-trained models from someone else: planted by the provider, used or tuned by the platform."""

    attacks = ("bra", "bra-group", "pea")
    modes = ("direct", "ft", "pt")
    defenses = ("kmeans",)
    models = ("sasrec",)
    bases: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "attack": (ProviderAttack,),
        "defense": (Detector, Repair),
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
    functions: ClassVar[Mapping[str, str]] = {
        "dataset": f"{__package__.rpartition('.')[0]}.dataset:dataset",
        "partition": f"{__package__}.stages.data:partition",
        "targets": f"{__package__}.stages.data:targets",
        "local": f"{__package__}.stages.train:local",
        "pretrain": f"{__package__}.stages.train:pretrain",
        "repair": f"{__package__}.stages.train:repair",
        "adapt": f"{__package__}.stages.train:adapt",
        "rank": f"{__package__}.stages.measure:rank",
        "detect": f"{__package__}.stages.measure:detect",
        "measure": f"{__package__}.stages.measure:measure",
    }
    data_kinds = ("dataset", "partition", "targets")
    logged = ("local", "pretrain", "repair", "adapt")
    metrics = METRICS
    accuracy = ACCURACY
    reading = (
        "HIT@5: how often a target item is in the top five, of all (user, target) pairs; for attacks on a group, among "
        "its users, and beside it among the others. λ: how much better the group is hit than the others. HR@10: how "
        "often the next item is in the top ten, and its change against Clean in the same mode. F1: of a detector, for "
        "the targets. Mean ± half width of the 95% interval over seeds."
    )

    def knows_mode(self, mode: str) -> bool:
        """Any registered mode may be used, a plug-in's too."""
        return mode in modes.registry.names()

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add partition, pre-training, adaptation, ranking and measurement."""
        expand(plan, setting, seeds)

    def guess(self, stage: Stage) -> float | None:
        """Guess from what stages take on MovieLens-100K."""
        usual = {
            "dataset": 1.0,
            "pretrain": 18.0,
            "local": 5.0,
            "adapt": 4.0,
            "repair": 18.0,
            "rank": 0.5,
            "detect": 1.0,
        }
        seconds = usual.get(stage.kind)
        if seconds is None or stage.kind != "pretrain":
            return seconds
        return seconds * float(stage.params.get("sections", {}).get("train", {}).get("epochs", EPOCHS)) / EPOCHS

    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Name split, ranking, sides, audience and how targets are drawn."""
        return {
            "split": "leave-one-out: last item test, the one before validation",
            "ranking": "all items",
            "platform": setting.data_config.platform,
            "audience": setting.data_config.audience,
            "target draw": "by category, in proportion to its items, anew for each seed",
        }

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
        """Refuse prompts for users without attributes, and rankings for too few users of the audience."""
        check(stages, load)

    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return exposure, aim, accuracy and detection, a row an attack and mode."""
        from .tables.summary import summary

        return summary(result_set, numbers)

    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[str]:
        """Return the papers' three tables, and what attacks' options change."""
        from .tables.full import tables

        return tables(result_set, numbers)

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return the share of labels that were replaced."""
        from .tables.captions import replaced

        return replaced(records)
