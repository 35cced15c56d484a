"""The stages of one setting and one seed, added to a plan as cells ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .....attacks import TriggerAttack
from .....core.errors import UserError
from .....core.records.record import Cell
from .....core.registry import version
from .....core.seeds import derive
from ....stages.graph import Plan, PlannedCell
from ....stages.kind import StageKind
from ....stages.setting import Setting, Variant
from .. import kinds, modes
from ..metrics.measure import AFTER
from .inputs import declared
from .options import PlainOptions

Roles = dict[str, str]


class Builder:
    """Adds stages and cells of one setting and one seed to a plan.

    Attributes:
        partition: Id of the stage that shares the users between provider and platform.
        targets: Id of the stage that draws the targets.
        data_stages: Roles of the stages that every cell has.
        local: Id of the model trained on the platform's data alone.
        local_rank: Id of its ranking.
        clean: Id of the honest provider's model.
    """

    def __init__(self, plan: Plan, setting: Setting, plain: PlainOptions, seed: int) -> None:
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
        self.local = self.stage(kinds.LOCAL, "local", None, ("train",), {}, {"partition": self.partition})
        self.local_rank = self.rank(self.local, "local")
        self.clean = self.stage(kinds.PRETRAIN, "clean", None, ("train",), {}, {"partition": self.partition})

    def deployed(self, pretrained: str, mode: str) -> Roles:
        """Add what makes a model one in use, and its ranking; returns the roles of all three."""
        cls = modes.registry.get(mode)
        adapted = pretrained
        if cls.changes:
            parents = {"pretrained": pretrained, "partition": self.partition}
            adapted = self.stage(kinds.ADAPT, mode, version(cls), cls.sections, {}, parents)
        return {"pretrain": pretrained, "adapt": adapted, "rank": self.rank(adapted, mode)}

    def measured(
        self,
        label: str,
        attack: Variant | None,
        mode: str,
        defense: str,
        roles: Roles,
        *,
        shown: str = "",
        compared: bool = True,
    ) -> None:
        """Add a cell that measures exposure.

        Args:
            label: The attack's label.
            attack: The attack, if there is one.
            mode: The usage mode.
            defense: The defense's label.
            roles: The cell's stages.
            shown: Id of the ranking that users are shown, if it is not the one in the role ``rank``.
            compared: Whether exposure is compared with the clean model's in the same mode.
        """
        parents = {"partition": self.partition, "targets": self.targets, "rank": shown or roles["rank"]}
        if compared:
            parents["clean_rank"] = self.deployed(self.clean, mode)["rank"]
        if attack is not None and issubclass(attack.cls, TriggerAttack) and shown in ("", roles["rank"]):
            parents |= {after: self._triggered(attack, roles["rank"], after) for after in AFTER}
        self.cell(label, attack, mode, defense, roles | {"measure": self.measure("exposure", parents)})

    def cell(self, label: str, attack: Variant | None, mode: str, defense: str, roles: Roles) -> None:
        """Add a cell."""
        setting = self.setting
        cell = Cell(setting.dataset.name, setting.model.label, label, mode, defense, self.seed)
        self.plan.cells.append(PlannedCell(cell, setting, attack, self.data_stages | roles))

    def rank(self, deployed: str, name: str) -> str:
        """Add the ranking of a model; returns its id."""
        parents = {"pretrained": deployed, "partition": self.partition}
        return self.plan.add(kinds.RANK.stage(name, self._victim(("rank",)), None, parents))

    def _triggered(self, attack: Variant, rank: str, after: str) -> str:
        """Add the ranking, by the model of another ranking, after an attack's trigger or random items."""
        model = self.plan.stages[rank].parents["pretrained"]
        parents = {"pretrained": model, "partition": self.partition, "targets": self.targets}
        params = self._victim(("rank",)) | self.plain.attacks[attack.label] | {"after": after}
        # The seed of pre-training, from which the attack drew its trigger.
        seed = derive(self.seed, kinds.PRETRAIN.name)
        return self.plan.add(kinds.TRIGGERED.stage(attack.name, params, seed, parents, version(attack.cls)))

    def measure(self, name: str, parents: Roles) -> str:
        """Add a measurement; returns its id."""
        return self.plan.add(kinds.MEASURE.stage(name, {}, None, parents))

    def defense(
        self,
        kind: StageKind,
        link: Variant,
        parents: Roles,
        ancestors: Mapping[str, str] | None = None,
        context: Mapping[str, Any] | None = None,
        sections: tuple[str, ...] = (),
    ) -> str:
        """Add the stage of a defense with what it declares; returns its id."""
        own, further = declared(link, lambda: (self.local, self.local_rank), self._reference)
        own["partition"] = self.partition
        cls, further = link.cls, further | dict(ancestors or {})
        options, sections = self.plain.defenses[link.label], tuple(dict.fromkeys((*cls.sections, *sections)))
        return self.stage(kind, link.name, version(cls), sections, options, own | parents, further, context)

    def stage(
        self,
        kind: StageKind,
        name: str,
        code: int | str | None,
        sections: tuple[str, ...],
        options: dict[str, Any],
        parents: Roles,
        ancestors: Mapping[str, str] | None = None,
        context: Mapping[str, Any] | None = None,
        number: int | None = None,
    ) -> str:
        """Add a stage that works with the victim; returns its id.

        The seed is that of its kind, so that methods are paired; with a ``number``, that of its kind and number.
        """
        for section in sections:
            self._check_loss(section)
        seed = derive(self.seed, kind.name, *([] if number is None else [number]))
        params = self._victim(sections) | options
        return self.plan.add(kind.stage(name, params, seed, parents, code, ancestors, context))

    def _reference(self, number: int, share: float) -> tuple[str, str]:
        data = {"partition": self.partition}
        model = self.stage(kinds.REFERENCE, str(number), None, ("train",), {"share": share}, data, number=number)
        return model, self.rank(model, "reference")

    def _check_loss(self, section: str) -> None:
        loss, known = self.plain.sections[section].get("loss"), self.plain.losses
        if loss is not None and loss not in known:
            raise UserError(
                f"{section}.loss={loss}: {self.setting.model.label} has no such loss; "
                f"--set {section}.loss={known[0]} chooses the one that it has."
            )

    def _victim(self, sections: tuple[str, ...]) -> dict[str, Any]:
        return self.plain.victim | {"sections": {name: self.plain.sections[name] for name in sections}}
