"""From a setting to stages: data, pre-training by the provider, use by the platform, measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....core.config import identity
from ....core.errors import UserError
from ....core.records.record import Cell
from ....core.seeds import derive
from ....defenses import Detector, Local
from ...stages.graph import Plan, PlannedCell
from ...stages.kind import StageKind
from ...stages.setting import Setting, Variant
from ..dataset import dataset_stage
from . import kinds, modes


def expand(plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
    """Add a setting's cells to the plan, seed by seed.

    Raises:
        UserError: If a group attack has no audience, or the model has not the loss of a schedule.
    """
    plain = _PlainOptions(setting)
    for seed in seeds:
        _Expansion(plan, setting, plain, seed).cells(setting.modes)


class _PlainOptions:
    """A setting's options as plain tables, made once for all seeds.

    Attributes:
        rule: How users are shared between provider and platform.
        audience: Whom group attacks aim at.
        data: The stage that reads the data.
        losses: Losses that the model can be trained with.
        victim: The model and its options.
        sections: The sections of options that belong to no method.
        attacks: Options of attacks, by label.
        defenses: Options of defenses, by label.
    """

    def __init__(self, setting: Setting) -> None:
        self.rule, self.audience = setting.data_config.platform, setting.data_config.audience
        self.data = dataset_stage(setting)
        model = setting.model
        options = identity(model.config)
        self.losses = model.cls.losses(model.config)
        self.victim = {"model": model.name, "model_version": model.cls.VERSION, "model_config": options}
        self.sections = {name: identity(section) for name, section in setting.sections.items()}
        self.attacks = {variant.label: {"config": identity(variant.config)} for variant in setting.attacks}
        self.defenses = {variant.label: {"config": identity(variant.config)} for variant in setting.defenses}


class _Expansion:
    """The stages of one setting and one seed."""

    def __init__(self, plan: Plan, setting: Setting, plain: _PlainOptions, seed: int) -> None:
        self.plan, self.setting, self.plain, self.seed = plan, setting, plain, seed
        spec = setting.dataset
        data = plan.add(plain.data)
        plan.sources[data] = setting.source
        self.partition = plan.add(kinds.PARTITION.stage(spec.name, {"rule": plain.rule}, None, {"dataset": data}))
        wanted = {"config": plain.sections["targets"], "audience": plain.audience}
        self.targets = plan.add(
            kinds.TARGETS.stage(spec.name, wanted, derive(seed, "targets"), {"partition": self.partition})
        )
        self.data_stages = {"dataset": data, "partition": self.partition, "targets": self.targets}
        self.local = self._stage(kinds.LOCAL, "local", None, ("train",), {}, {"partition": self.partition})
        self.local_rank = self._rank(self.local, "local")
        self.clean = self._stage(kinds.PRETRAIN, "clean", None, ("train",), {}, {"partition": self.partition})

    def cells(self, mode_names: tuple[str, ...]) -> None:
        """Add all cells: the baselines first."""
        roles = {"pretrain": self.local, "rank": self.local_rank}
        self._measured("local", None, "direct", "none", roles, compared=False)
        for mode in mode_names:
            self._used("clean", None, self.clean, mode)
        for attack in self.setting.attacks:
            cls = attack.cls
            if cls.audience == "group" and not self.plain.audience:
                name = self.setting.dataset.name
                raise UserError(f"{attack.label} needs an audience: --set {name}.audience=attribute:value.")
            clean = {"clean": self.clean} if cls.needs_clean else {}
            parents = {"partition": self.partition, "targets": self.targets, **clean}
            options = self.plain.attacks[attack.label]
            poisoned = self._stage(kinds.PRETRAIN, attack.name, cls.VERSION, cls.sections, options, parents)
            if attack.path:
                self.plan.sources[poisoned] = attack.path
            for mode in mode_names:
                self._used(attack.label, attack, poisoned, mode)

    def _used(self, label: str, attack: Variant | None, pretrained: str, mode: str) -> None:
        """Add the cells of a provider's model in one usage mode: without a defense, and with each."""
        roles = self._deployed(pretrained, mode)
        self._measured(label, attack, mode, "none", roles, compared=attack is not None)
        for defense in self.setting.defenses:
            options = self.plain.defenses[defense.label]
            cls = defense.cls
            own, ancestors = self._inputs(defense)
            if issubclass(cls, Detector):
                parents = own | {"pretrained": roles["adapt"], "ranking": roles["rank"]}
                ancestors |= {"handed": pretrained}
                used = {"mode": mode if modes.registry.get(mode).changes else "direct"}
                found = self._stage(
                    kinds.DETECT, defense.name, cls.VERSION, cls.sections, options, parents, ancestors, used
                )
                end = self._measure("detection", {"detection": found, "targets": self.targets})
                self._cell(label, attack, mode, defense.label, roles | {"detect": found, "measure": end})
            else:
                parents = own | {"pretrained": pretrained}
                repair = self._stage(kinds.REPAIR, defense.name, cls.VERSION, cls.sections, options, parents, ancestors)
                repaired = self._deployed(repair, mode) | {"pretrain": pretrained, "repair": repair}
                self._measured(label, attack, mode, defense.label, repaired)

    def _inputs(self, defense: Variant) -> tuple[dict[str, str], dict[str, str]]:
        """Return the parents and further ancestors of a defense's stage that make up what it declares."""
        parents, ancestors = {"partition": self.partition}, dict[str, str]()
        for declared in defense.cls(defense.config).inputs:
            match declared:
                case Local():
                    parents["local"], ancestors["local model"] = self.local_rank, self.local
        return parents, ancestors

    def _deployed(self, pretrained: str, mode: str) -> dict[str, str]:
        cls = modes.registry.get(mode)
        adapted = pretrained
        if cls.changes:
            parents = {"pretrained": pretrained, "partition": self.partition}
            adapted = self._stage(kinds.ADAPT, mode, cls.VERSION, cls.sections, {}, parents)
        return {"pretrain": pretrained, "adapt": adapted, "rank": self._rank(adapted, mode)}

    def _measured(
        self, label: str, attack: Variant | None, mode: str, defense: str, roles: dict[str, str], compared: bool = True
    ) -> None:
        """Add a cell that measures exposure, ``compared`` with the clean model's in the same mode or not."""
        parents = {"partition": self.partition, "targets": self.targets, "rank": roles["rank"]}
        if compared:
            parents["clean_rank"] = self._deployed(self.clean, mode)["rank"]
        self._cell(label, attack, mode, defense, roles | {"measure": self._measure("exposure", parents)})

    def _cell(self, label: str, attack: Variant | None, mode: str, defense: str, roles: dict[str, str]) -> None:
        setting = self.setting
        cell = Cell(setting.dataset.name, setting.model.label, label, mode, defense, self.seed)
        self.plan.cells.append(PlannedCell(cell, setting, attack, self.data_stages | roles))

    def _rank(self, deployed: str, name: str) -> str:
        params = self._victim(("rank",))
        parents = {"pretrained": deployed, "partition": self.partition}
        return self.plan.add(kinds.RANK.stage(name, params, None, parents))

    def _measure(self, name: str, parents: dict[str, str]) -> str:
        return self.plan.add(kinds.MEASURE.stage(name, {}, None, parents))

    def _stage(
        self,
        kind: StageKind,
        name: str,
        version: int | None,
        sections: tuple[str, ...],
        options: dict[str, Any],
        parents: dict[str, str],
        ancestors: Mapping[str, str] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> str:
        """Add a stage that works with the victim; the seed is that of its kind, so that methods are paired."""
        for section in sections:
            self._check_loss(section)
        params = self._victim(sections) | options
        seed = derive(self.seed, kind.name)
        return self.plan.add(kind.stage(name, params, seed, parents, version, ancestors, context))

    def _check_loss(self, section: str) -> None:
        loss, known = self.plain.sections[section].get("loss"), self.plain.losses
        if loss is not None and loss not in known:
            raise UserError(
                f"{section}.loss={loss}: {self.setting.model.label} has no such loss; "
                f"--set {section}.loss={known[0]} chooses the one that it has."
            )

    def _victim(self, sections: tuple[str, ...]) -> dict[str, Any]:
        return self.plain.victim | {"sections": {name: self.plain.sections[name] for name in sections}}
