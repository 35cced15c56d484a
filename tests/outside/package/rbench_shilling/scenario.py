"""A platform learns from whoever registers, and some of them are fake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from safetensors.numpy import load, save

from rbench.benchmark.scenarios import Scenario
from rbench.benchmark.scenarios.dataset import dataset_stage
from rbench.benchmark.stages.graph import Plan, PlannedCell
from rbench.benchmark.stages.kind import StageKind
from rbench.benchmark.stages.setting import Setting, Variant
from rbench.benchmark.tables.metric import Metric
from rbench.benchmark.tables.number import CHANCE, Numbers, find
from rbench.benchmark.tables.result_sets import ResultSet
from rbench.benchmark.tables.scale import Scale
from rbench.benchmark.tables.table import NOTHING, Column, Table, measured, text
from rbench.core.artifacts import ArtifactType
from rbench.core.config import identity
from rbench.core.records.record import Cell
from rbench.core.seeds import derive
from rbench.core.targets import Targets
from rbench.core.topk import TopK

from . import Profiles
from .item_knn import Neighbours

kind = partial(StageKind, "shilling")
TARGETS = kind("targets", "rbench_shilling.stages:targets", Targets, prepares_data=True)
POISON = kind("poison", "rbench_shilling.stages:poison", Profiles)
TRAIN = kind("train", "rbench_shilling.stages:train", Neighbours)
RANK = kind("rank", "rbench_shilling.stages:rank", TopK)
MEASURE = kind("measure", "rbench_shilling.stages:measure", dict)


def arrays(name: str, of: type) -> ArtifactType:
    """Return the artifact type of a dataclass of arrays."""
    file = f"{name}.safetensors"
    return ArtifactType(
        f"shilling/{name}",
        of,
        lambda value: {file: save({field: np.ascontiguousarray(array) for field, array in vars(value).items()})},
        lambda files: of(**load(files[file])),
    )


@dataclass(frozen=True)
class NoOptions:
    """Options of the whole scenario: none."""


class Shilling(Scenario):
    """Fake users among those that a recommender learns from."""

    attacks = ("bandwagon",)
    models = ("item-knn",)
    sections: ClassVar[Mapping[str, type]] = {"shilling": NoOptions}
    stages = (TARGETS, POISON, TRAIN, RANK, MEASURE)
    artifacts = (arrays("profiles", Profiles), arrays("neighbours", Neighbours))
    logged = ("poison",)
    metrics: ClassVar[Mapping[str, Metric]] = {
        "seen@10": Metric("fraction of users", "a target is in the top 10", "stronger attack", Scale.FRACTION),
        "HR@10": Metric("fraction of users", "the next item is in the top 10", "more accurate", Scale.FRACTION),
    }
    accuracy = ("HR@10",)
    own_files = ("fake-users.csv",)

    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add a cell for the clean data and every attack, without and with every defense."""
        data = plan.add(dataset_stage(setting))
        plan.sources[data] = setting.source
        for seed in seeds:
            base = {"dataset": data}
            targets = plan.add(TARGETS.stage(setting.dataset.name, {}, derive(seed, "targets"), base))
            for attack in (None, *setting.attacks):
                parents = base if attack is None else base | {"targets": targets}
                name, config, version = _described(attack, "clean")
                poison = plan.add(POISON.stage(name, {"config": config}, derive(seed, "poison"), parents, version))
                for defense in (None, *setting.defenses):
                    own, options, number = _described(defense, "none")
                    params = {"defense": defense and {"name": own, "config": options, "version": number}}
                    params |= {"config": identity(setting.model.config)}
                    model, trained = setting.model, base | {"profiles": poison}
                    train = plan.add(TRAIN.stage(model.name, params, None, trained, model.cls.VERSION))
                    rank = plan.add(RANK.stage("top", {}, None, base | {"model": train}))
                    end = plan.add(MEASURE.stage("exposure", {}, None, {"rank": rank, "targets": targets}))
                    labels = (attack.label if attack else "clean", "direct", defense.label if defense else "none")
                    cell = Cell(setting.dataset.name, model.name, *labels, seed)
                    roles = base | {"targets": targets, "poison": poison, "train": train, "rank": rank, "measure": end}
                    plan.cells.append(PlannedCell(cell, setting, attack, roles))

    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Name the scenario and what is ranked."""
        return {"scenario": self.name, "ranking": "all items but the user's own"}

    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return exposure and accuracy, a row an attack and defense."""
        columns = (Column("attack", "left"), Column("defense", "left"), *(Column(name) for name in self.metrics))
        rows = []
        for key in (*result_set.rows, CHANCE):
            found = [find(numbers, key, "all", metric) for metric in self.metrics]
            name = "chance" if key is CHANCE else key.attack
            rows.append((text(name), text(key.defense), *(measured(n.summary, 3) if n else NOTHING for n in found)))
        caption = ("seen@10: share of users with a target in the top 10. HR@10: with their next item there.",)
        return Table("summary", "In short", columns, tuple(rows), keys=2, caption=caption)

    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[Table]:
        """Return nothing more."""
        return []

    def series(self, result_set: ResultSet) -> list[Table]:
        """Return how many fake users there were."""
        columns = (Column("attack", "left"), Column("seed"), Column("fake users"))
        rows = [
            (text(key.attack), text(str(seed)), text(str(record.log["poison"]["fake_users"])))
            for key, records in result_set.rows.items()
            for seed, record in records.items()
        ]
        return [Table("fake-users", "Fake users", columns, tuple(rows), keys=2)]


def _described(method: Variant | None, otherwise: str) -> tuple[str, dict[str, Any], int]:
    """Return a method's name, options and version."""
    if method is None:
        return otherwise, {}, 1
    return method.name, identity(method.config), method.cls.VERSION
