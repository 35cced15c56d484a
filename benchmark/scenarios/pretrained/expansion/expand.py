"""The cells of a setting: baselines, attacks in every usage mode, and each of these with each defense."""

from __future__ import annotations

from collections.abc import Sequence

from .....core.errors import UserError
from .....core.registry import version
from ....stages.graph import Plan
from ....stages.setting import Setting, Variant
from .. import kinds
from .builder import Builder
from .defended import defended
from .options import PlainOptions


def expand(plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
    """Add a setting's cells to the plan, seed by seed.

    Raises:
        UserError: If a group attack has no audience, or the model has not the loss of a schedule.
    """
    plain = PlainOptions(setting)
    for seed in seeds:
        _cells(Builder(plan, setting, plain, seed))


def _cells(builder: Builder) -> None:
    """Add all cells: the baselines first."""
    setting = builder.setting
    roles = {"pretrain": builder.local, "rank": builder.local_rank}
    builder.measured("local", None, "direct", "none", roles, compared=False)
    for mode in setting.modes:
        _used(builder, "clean", None, builder.clean, mode)
    for attack in setting.attacks:
        cls = attack.cls
        if cls.audience == "group" and not builder.plain.audience:
            name = setting.dataset.name
            raise UserError(f"{attack.label} needs an audience: --set {name}.audience=attribute:value.")
        clean = {"clean": builder.clean} if cls(attack.config).uses_clean else {}
        parents = {"partition": builder.partition, "targets": builder.targets, **clean}
        options = builder.plain.attacks[attack.label]
        poisoned = builder.stage(kinds.PRETRAIN, attack.name, version(cls), cls.sections, options, parents)
        if attack.path:
            builder.plan.sources[poisoned] = attack.path
        for mode in setting.modes:
            _used(builder, attack.label, attack, poisoned, mode)


def _used(builder: Builder, label: str, attack: Variant | None, pretrained: str, mode: str) -> None:
    """Add the cells of a provider's model in one usage mode: without a defense, and with each."""
    roles = builder.deployed(pretrained, mode)
    builder.measured(label, attack, mode, "none", roles, compared=attack is not None)
    for chain in builder.setting.defended:
        defended(builder, label, attack, pretrained, mode, chain)
