"""A provider hands over a pre-trained model, and a platform uses it as it is or tunes it first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ....core.record import Record
from ....core.registry import Registry
from ....models.sequential.settings import PromptConfig, RankConfig, Schedule
from ...stages.graph import Plan
from ...stages.setting import Setting
from ...stages.stage import Stage
from .. import Scenario, Table, register
from . import modes as usage
from .checks import check
from .expansion import expand
from .kinds import KINDS
from .metrics.measure import ACCURACY, METRICS
from .protocol.targets import TargetsConfig

if TYPE_CHECKING:
    from ...tables.number import Numbers
    from ...tables.result_sets import ResultSet


@register
class PretrainedScenario(Scenario):
    """Pre-trained models from someone else: planted by the provider, used or tuned by the platform."""

    attacks = ("bra", "bra-group", "pea")
    modes = ("direct", "ft", "pt")
    defenses = ("kmeans",)
    models = ("sasrec",)
    sections: ClassVar[Mapping[str, type]] = {
        "train": Schedule,
        "finetune": Schedule,
        "prompttune": Schedule,
        "prompt": PromptConfig,
        "rank": RankConfig,
        "targets": TargetsConfig,
    }
    stages = KINDS
    registries: ClassVar[Mapping[str, Registry[Any]]] = {"modes": usage.registry}
    logged = ("local", "pretrain", "repair", "adapt")
    metrics = METRICS
    accuracy = ACCURACY
    claims = Path(__file__).parent / "claims.toml"
    reading = (
        "HIT@5: how often a target item is in the top five, of all (user, target) pairs; for attacks on a group, among "
        "its users, and beside it among the others. λ: how much better the group is hit than the others. HR@10: how "
        "often the next item is in the top ten, and its change against Clean in the same mode. F1: of a detector, for "
        "the targets. Mean ± half width of the 95% interval over seeds."
    )

    def known_modes(self) -> Sequence[str]:
        """Return every registered mode, those of plug-ins too."""
        return usage.registry.names()

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add partition, pre-training, adaptation, ranking and measurement."""
        expand(plan, setting, seeds)

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
