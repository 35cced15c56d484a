"""The stages of an audit: those of a grid's platform, with a model from a folder in the place of a provider's."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from .....core.config import identity
from .....core.errors import UserError
from .....core.handover.folder import ITEMS
from .....core.handover.names import Names
from .....core.registry import version
from .....core.seeds import derive
from .....defenses import Detector, Repair
from ....stages.graph import Plan
from ....stages.kind import StageKind
from ....stages.setting import Chain, Setting, Variant
from ...dataset import dataset_stage
from .. import kinds, modes
from ..chains import Place, flags, places
from ..expansion.inputs import declared
from .kinds import FITTED, HANDED

SEED = 0
TUNED = "ft"
"""The usage mode that is tried beside the repairs."""


class AuditStages:
    """Stages, added to a plan as they are asked for by the method or attribute that returns their id.

    Attributes:
        log: The data set over the model's items.
        read: The same, with users' attributes numbered as the model's prompts read them; no others are there.
        handed: The model.

    Args:
        folder: The hand-over folder.
        files: Its files' sha256 by name.
        names: What its card says that the model's numbers stand for.
        setting: The log, the model as its card has it, and the schedules.
    """

    def __init__(self, folder: str, files: dict[str, str], names: Names, setting: Setting) -> None:
        self.plan, self.setting = Plan(), setting
        model = setting.model
        options = identity(model.config)
        self._victim = {"model": model.name, "model_version": version(model.cls), "model_config": options}
        data = self.plan.add(dataset_stage(setting))
        # Without weights and prompts: models of one kind over the same items share the local model.
        over = {"items": files[ITEMS], "names": replace(names, attributes=None).claim()}
        self.log = self.plan.add(FITTED.stage(setting.dataset.name, over, None, {"dataset": data}))
        over["names"] = names.claim()
        self.read = self.plan.add(FITTED.stage(setting.dataset.name, over, None, {"dataset": data}))
        self.handed = self.plan.add(HANDED.stage(model.name, {"files": files}))
        self.plan.sources |= {data: setting.source, **dict.fromkeys((self.log, self.read, self.handed), folder)}

    @cached_property
    def local(self) -> str:
        """The model that is trained on the log alone."""
        return self._stage(kinds.LOCAL, "local", None, ("train",), {}, {"partition": self.log})

    @cached_property
    def local_ranking(self) -> str:
        """The ranking of the local model for the log's users."""
        return self._ranking(self.local, "local", self.log)

    def ranking(self, model: str, name: str) -> str:
        """Return the ranking of a model for the log's users: that of ``handed``, or of it mended."""
        return self._ranking(model, name, self.read)

    def detection(self, detector: Variant) -> str:
        """Return what a detector says of the model as it was handed over."""
        parents = {"partition": self.read, "pretrained": self.handed, "ranking": self.ranking(self.handed, "direct")}
        return self._defense(kinds.DETECT, detector, parents, {"handed": self.handed}, {"mode": "direct"})

    def mended(self, name: str) -> str:
        """Return the model as fine-tuning, or one of the setting's repairs or chains of them, leaves it.

        Raises:
            UserError: If the name is none of theirs.
        """
        if name == TUNED:
            mode = modes.registry.get(name)
            parents = {"partition": self.read, "pretrained": self.handed}
            return self._stage(kinds.ADAPT, name, version(mode), mode.sections, {}, parents)
        for chain in self.setting.defended:
            if chain.label == name and mends(chain):
                return self._chain(chain)
        raise UserError(f"--with {name}: it changes no model; allowed are {', '.join(remedies(self.setting))}.")

    def _chain(self, chain: Chain) -> str:
        """Return the model after a chain's repairs, which see what the detectors before them flag."""
        model, flagged = self.handed, ""
        for link, place in zip(chain.links, places(chain), strict=True):
            parents = {"partition": self.read, "pretrained": model}
            if flagged and flags(link):
                parents["flagged"] = flagged
            looks = issubclass(link.cls, Detector)
            ancestors, context = {}, {}
            if looks or place is Place.AFTER:  # it is shown the model in use
                parents["ranking"] = self.ranking(model, "direct")
                ancestors, context = {"handed": self.handed}, {"mode": "direct"}
            made = self._defense(kinds.DETECT if looks else kinds.REPAIR, link, parents, ancestors, context)
            model, flagged = (model, made) if looks else (made, flagged)
        return model

    def _defense(
        self,
        kind: StageKind,
        variant: Variant,
        parents: dict[str, str],
        ancestors: dict[str, str] | None = None,
        context: dict[str, Any] | None = None,
    ) -> str:
        own, further = declared(variant, lambda: (self.local, self.local_ranking), self._reference)
        options, further = {"config": identity(variant.config)}, further | (ancestors or {})
        cls = variant.cls
        return self._stage(kind, variant.name, version(cls), cls.sections, options, own | parents, further, context)

    def _reference(self, number: int, share: float) -> tuple[str, str]:
        data = {"partition": self.log}
        model = self._stage(kinds.REFERENCE, str(number), None, ("train",), {"share": share}, data, number=number)
        return model, self._ranking(model, "reference", self.log)

    def _stage(
        self,
        kind: StageKind,
        name: str,
        code: int | str | None,
        sections: tuple[str, ...],
        options: dict[str, Any],
        parents: dict[str, str],
        ancestors: dict[str, str] | None = None,
        context: dict[str, Any] | None = None,
        number: int | None = None,
    ) -> str:
        seed = derive(SEED, kind.name, *([] if number is None else [number]))
        params = self._params(sections) | options
        return self.plan.add(kind.stage(name, params, seed, parents, code, ancestors, context))

    def _ranking(self, model: str, name: str, log: str) -> str:
        parents = {"pretrained": model, "partition": log}
        return self.plan.add(kinds.RANK.stage(name, self._params(("rank",)), None, parents))

    def _params(self, sections: tuple[str, ...]) -> dict[str, Any]:
        return self._victim | {"sections": {name: identity(self.setting.sections[name]) for name in sections}}


def detectors(setting: Setting) -> list[Variant]:
    """Return a setting's detectors."""
    return [variant for variant in setting.defenses if issubclass(variant.cls, Detector)]


def remedies(setting: Setting) -> list[str]:
    """Return what can mend a model: fine-tuning, then the setting's repairs and chains of them by label."""
    return [TUNED, *(chain.label for chain in setting.defended if mends(chain))]


def mends(chain: Chain) -> bool:
    """Tell whether a chain, or a defense alone, ends in a repair, with nothing but detectors and repairs before it."""
    classes = [link.cls for link in chain.links]
    return issubclass(classes[-1], Repair) and all(issubclass(cls, (Detector, Repair)) for cls in classes)
