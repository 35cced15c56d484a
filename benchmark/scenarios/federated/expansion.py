"""From a setting to stages: data, targets, one training for each draw of targets, measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....core.config import identity
from ....core.errors import UserError
from ....core.methods import parts
from ....core.records.record import Cell
from ....core.registry import version
from ....core.seeds import derive
from ...stages.graph import Plan, PlannedCell
from ...stages.setting import Setting, Variant
from ..dataset import dataset_stage
from . import kinds


def expand(plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
    """Add a setting's cells: no attack and every attack, under the plain sum and under every aggregator.

    Raises:
        UserError: If an attack on a group has no audience.
    """
    data = dataset_stage(setting)
    for aimed in setting.attacks:
        if aimed.cls.audience == "group" and not setting.data_config.audience:
            raise UserError(f"{aimed.label} needs an audience: --set {setting.dataset.name}.audience=attribute:value.")
    for seed in seeds:
        dataset = plan.add(data)
        plan.sources[dataset] = setting.source
        wanted = {"config": identity(setting.sections["federated-targets"])}
        targets = plan.add(
            kinds.TARGETS.stage(setting.dataset.name, wanted, derive(seed, "federated-targets"), {"dataset": dataset})
        )
        for defense in (None, *setting.defenses):
            for attack in (None, *setting.attacks):
                _cell(plan, setting, seed, attack, defense, {"dataset": dataset, "targets": targets})


def _cell(
    plan: Plan, setting: Setting, seed: int, attack: Variant | None, defense: Variant | None, data: dict[str, str]
) -> None:
    """Add one cell; without an attack, one training serves all draws of targets."""
    model = setting.model
    # Written out, and not by label, so that one way of writing an option is as good as another.
    params = {
        "model": model.name,
        "model_version": version(model.cls),
        "model_config": identity(model.config),
        "sections": {"federation": identity(setting.sections["federation"])},
        "attack": _described(attack),
        "aggregator": _described(defense),
    }
    if setting.data_config.audience:
        params["audience"] = setting.data_config.audience
    runs = [None] if attack is None else range(setting.sections["federated-targets"].runs)
    name = attack.name if attack else "clean"
    stages = {
        f"run-{run or 0:03d}": plan.add(
            kinds.FEDERATE.stage(name, params | {"run": run}, derive(seed, "federate"), data)
        )
        for run in runs
    }
    end = plan.add(kinds.MEASURE.stage(name, {}, None, stages))
    cell = Cell(
        setting.dataset.name,
        model.name,
        attack.label if attack else "clean",
        "direct",
        defense.label if defense else "none",
        seed,
    )
    plan.cells.append(PlannedCell(cell, setting, attack, data | stages | {"measure": end}))


def _described(method: Variant | None) -> dict[str, Any] | None:
    if method is None:
        return None
    found = {"name": method.name, "version": version(method.cls), "config": identity(method.config)}
    further = {name: version(cls) for name, cls in parts(method.config).items()}
    return found | {"parts": further} if further else found
