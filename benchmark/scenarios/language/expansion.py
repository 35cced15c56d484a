"""From a setting to stages: lists, fake users, scans, trainings, measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .... import models
from ....attacks.language import TitleConfig
from ....core.config import identity
from ....core.records.record import Cell
from ....core.registry import version
from ....core.seeds import derive
from ....defenses.language import TitleScanner, TrainedScanner, TrainedVictim
from ....models.text.common.causal.folder import fingerprint, is_folder, pinned
from ....models.text.common.config import TINY
from ...stages.graph import Plan, PlannedCell
from ...stages.setting import Setting, Variant
from ..dataset import dataset_stage
from . import kinds, methods, published

SEQUENTIAL = "sasrec"
"""The recommender whose item embeddings LLaRA is handed."""
Roles = dict[str, str]


def expand(plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
    """Add a setting's cells: the clean victim and every attack, without a defense and with each."""
    model = setting.model
    if model.config.model != TINY:
        model = replace(model, config=replace(model.config, model=pinned(model.config.model)))
    defenses = tuple(published.with_revisions(defense) for defense in setting.defenses)
    data_config = replace(setting.data_config, texts=True)
    setting = replace(setting, data_config=data_config, model=model, defenses=defenses)
    data = plan.add(dataset_stage(setting))
    plan.sources[data] = setting.source
    for seed in seeds:
        builder = _Builder(plan, setting, seed, data)
        for attack in (None, *setting.attacks):
            for defense in (None, *setting.defenses):
                builder.cell(attack, defense)


class _Builder:
    """Adds the stages of one setting and one seed."""

    def __init__(self, plan: Plan, setting: Setting, seed: int, data: str) -> None:
        self.plan, self.setting, self.seed, self.data = plan, setting, seed, data
        self.name = setting.dataset.name
        self.language = identity(setting.sections["language"])
        self.model = methods.described(setting.model)
        if is_folder(setting.model.config.model):  # the id of one on the hub says its commit
            self.model["files"] = fingerprint(setting.model.config.model)
        self.task = setting.model.cls.task
        base = {"dataset": data}
        self.test = plan.add(kinds.TEST.stage(self.name, {"language": self.language}, self.derived("test"), base))
        samples = {"language": self.language, "samples": setting.model.config.samples, "task": self.task}
        self.lists = plan.add(kinds.LISTS.stage(self.task, samples, self.derived("lists"), base))
        self.extra: Roles = {}
        if setting.model.cls.needs_embeddings:
            cls = models.registry.get(SEQUENTIAL)
            params = {
                "config": identity(cls.Config()),
                "version": version(cls),
                "schedule": identity(setting.sections["embeddings"]),
            }
            embed = kinds.EMBED.stage(SEQUENTIAL, params, self.derived("embed"), base)
            self.extra = {"embeddings": plan.add(embed)}

    def derived(self, purpose: str) -> int:
        """Return the seed of a kind of stage, so that methods are paired."""
        return derive(self.seed, "language", purpose)

    def cell(self, attack: Variant | None, defense: Variant | None) -> None:
        """Add a cell with its stages."""
        config = attack.config if attack else TitleConfig()
        owned = {"items": config.items, "trusted": self.language["trusted"]}
        drawn = kinds.OWNERSHIP.stage(self.name, owned, self.derived("ownership"), {"dataset": self.data})
        roles: Roles = {"dataset": self.data, "targets": self.plan.add(drawn), "test": self.test, "lists": self.lists}
        if attack and attack.cls.poisons:
            params = {"attack": methods.described(attack), "task": self.task}
            parents = {role: roles[role] for role in ("dataset", "targets", "lists")}
            poison = kinds.POISON.stage(attack.name, params, self.derived("poison"), parents)
            roles["poisoned"] = self.plan.add(poison)
        told = methods.described(attack) if attack else None
        seeds = {"attack": self.derived("poison"), "test": self.derived("test")}
        wording: dict[str, Any] = {"attack": told, "seeds": seeds}
        roles["train"] = self.train(roles)
        hidden = False
        if defense and issubclass(defense.cls, TitleScanner):
            roles["scan"] = self.scan(defense, roles, wording)
            hidden = defense.config.at != "train"
            if defense.config.at != "serve":
                roles["train"] = self.train(roles, roles["scan"])
        elif defense:
            roles["repair"] = self.repair(defense, roles)
        asked = {"train": roles.get("repair", roles["train"])} | {
            role: roles[role] for role in ("dataset", "targets", "test", "lists", "poisoned", "scan") if role in roles
        }
        params = wording | {"model": self.model, "language": self.language, "hidden": hidden}
        measure = kinds.MEASURE.stage("answers", params, None, asked | self.extra)
        roles |= self.extra | {"measure": self.plan.add(measure)}
        labels = (attack.label if attack else "clean", "direct", defense.label if defense else "none")
        cell = Cell(self.name, self.setting.model.label, *labels, self.seed)
        self.plan.cells.append(PlannedCell(cell, self.setting, attack, roles))

    def train(self, roles: Roles, scan: str = "") -> str:
        """Add the training of the victim; returns its id."""
        parents = {"lists": roles.get("poisoned", roles["lists"])} | self.extra | ({"scan": scan} if scan else {})
        name = self.setting.model.name
        return self.plan.add(kinds.TRAIN.stage(name, {"model": self.model}, self.derived("train"), parents))

    def scan(self, defense: Variant, roles: Roles, wording: dict[str, Any]) -> str:
        """Add a scanner's look at the titles; returns its id."""
        params = wording | {"defense": methods.described(defense, without=("at",))}
        parents: Roles = {role: roles[role] for role in ("targets", "test", "lists", "poisoned") if role in roles}
        if issubclass(defense.cls, TrainedScanner):
            roles["fit"] = self.fit(defense)
            scan = kinds.SCAN.stage(defense.name, params, None, parents | {"fit": roles["fit"]})
            return self.plan.add(scan)
        if any(isinstance(declared, TrainedVictim) for declared in defense.cls(defense.config).inputs):
            params["model"] = self.model
            parents |= {"train": roles["train"]} | self.extra
        return self.plan.add(kinds.SCAN.stage(defense.name, params, self.derived("scan"), parents))

    def fit(self, defense: Variant) -> str:
        """Add the training of a scanner that learns from trusted titles alone; returns its id."""
        params = {
            "defense": methods.described(defense, without=("at",)),
            "trusted": self.language["trusted"],
            "seeds": {"trusted": self.derived("ownership")},
        }
        if files := published.digests(defense.cls, vars(defense.config)):
            params["files"] = files
        return self.plan.add(kinds.FIT.stage(defense.name, params, self.derived("scan"), {"dataset": self.data}))

    def repair(self, defense: Variant, roles: Roles) -> str:
        """Add the repair of a victim; returns its id."""
        params = {"defense": methods.described(defense), "model": self.model}
        parents = {role: roles[role] for role in ("lists", "poisoned", "train") if role in roles} | self.extra
        return self.plan.add(kinds.REPAIR.stage(defense.name, params, self.derived("repair"), parents))
