"""A model from somebody else and a log, found and planned together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ... import datasets, defenses, models
from ...core.config import configure
from ...core.errors import UserError
from ...core.handover import folder as handover_folder
from ...core.handover.names import Names as Numbered
from ...core.methods import find
from ...defenses import Detector, Repair
from ..grid import resolve
from ..grid.options import load_preset
from ..grid.request import Request, read_request
from ..run.session import Session
from ..scenarios.pretrained.audit.expansion import SEED, AuditStages, mends
from ..scenarios.pretrained.chains import check_chains
from ..stages.codecs import Codecs
from ..stages.setting import Grid, Setting, Variant
from ..stages.store import Store
from .run import reachable
from .words import Names, Options, Path_

PRESET = "audit"
"""Laid over the preset of the data set's name, unless one is chosen."""
MOST_ITEMS = 20_000
"""Above it the loss of that preset, over all items, would take too long and too much memory."""


@dataclass(frozen=True)
class Opened:
    """A model and a log that were found, and the stages that look at them.

    Attributes:
        setting: The log, the model as its card has it, and the schedules.
        stages: To be planned and computed.
        session: How.
        unnamed: What the model reads by number, and its card does not name.
    """

    setting: Setting
    stages: AuditStages
    session: Session
    unnamed: list[str]

    def compute(self, needed: dict[str, str]) -> dict[str, str]:
        """Compute what is planned; return why stages failed, by id.

        Raises:
            UserError: If one that is needed did; ``needed`` has what they are called, and their ids.
        """
        stopped = self.session.execute(self.stages.plan, None).stopped
        # A reason begins with the id of the stage that failed, which tells nobody here anything.
        failed = {stage: why.partition(": ")[2].removeprefix("UserError: ") for stage, why in stopped.items()}
        for what, stage in needed.items():
            if stage in failed:
                raise UserError(f"{what}: {failed[stage]}")
        return failed

    def read(self, stage: str) -> Any:
        """Return a stage's result."""
        return Codecs().read(Store(self.session.store), stage)

    @property
    def counts(self) -> dict[str, Any]:
        """What putting the log over the model's items cost, by the names of ``Fitted``."""
        return Store(self.session.store).log(self.stages.log)


def open_model(
    model: Path_,
    data: Path_,
    columns: dict[str, str | None],
    names: Names,
    preset: Path_ | None,
    options: Options,
    session: Session,
) -> Opened:
    """Find and plan; nothing is computed.

    Args:
        model: A hand-over folder.
        data: Name of a data set, or the path of a folder or of a log.
        columns: The log's for user, item and time, as far as given.
        names: Defenses; None: all.
        preset: Where schedules come from; None: the preset of the data set's name, with short training.
        options: As to ``--set``.
        session: How stages are to be computed.

    Raises:
        UserError: If the model cannot be read, a name or an option is unknown, or a defense neither looks nor mends.
    """
    where = str(Path(model).expanduser())
    given = handover_folder.read(where)[0]
    numbered = Numbered.read(given.card, where)
    cls = find(models.registry, given.card["model"], models.Model)
    config = configure(cls.Config, given.card["config"], f"{where}: {cls.name}")
    source = os.path.expanduser(os.fspath(data))
    words = {"attacks": "clean", "modes": "ft", "datasets": [source], "seeds": 1, "models": cls.name}
    words |= {"defenses": _every(cls) if names is None else names, "preset": preset, "options": options}
    request = _with_columns(read_request(words), datasets.resolve(source).name, columns)
    if cls.name in request.assignments:
        raise UserError(f"--set {cls.name}: the model's options are those of its card, {where}.")
    if preset is None:
        short = load_preset(PRESET)
        short.pop("about")
        if given.card["n_items"] > MOST_ITEMS:
            del short["train"]["loss"]
        request = replace(request, file=short)
    setting = resolve.build(request).settings[0]
    check_chains([setting])
    for chain in setting.defended:
        if not (mends(chain) or (len(chain.links) == 1 and issubclass(chain.links[0].cls, Detector))):
            raise UserError(f"--defenses {chain.label}: it changes no model; an audit takes detectors, and what mends.")
    setting = replace(
        setting,
        model=Variant(cls.name, cls.name, cls, config),
        sections=_trainable(setting.sections, cls.losses(config), request),
        preset=setting.preset if preset is not None else f"{setting.preset}+{PRESET}",
    )
    session = reachable(session, Grid((setting,), (SEED,)))
    session.check()
    unnamed = ["categories"] * (cls.needs_categories and numbered.categories is None)
    unnamed += ["attributes"] * (given.prompt is not None and numbered.attributes is None)
    return Opened(setting, AuditStages(where, handover_folder.checksums(where), numbered, setting), session, unnamed)


def _with_columns(request: Request, dataset: str, columns: dict[str, str | None]) -> Request:
    named = {option: column for option, column in columns.items() if column is not None}
    own = {**request.assignments.get(dataset, {}), **named}
    return replace(request, assignments={**request.assignments, dataset: own}) if named else request


def _trainable(sections: dict[str, Any], losses: Sequence[str], request: Request) -> dict[str, Any]:
    """Return schedules with a loss that the model has; those that --set chooses stay, and must be one."""
    changed = dict(sections)
    for name in ("train", "finetune"):
        if sections[name].loss not in losses:
            if "loss" in request.assignments.get(name, {}):
                raise UserError(f"--set {name}.loss={sections[name].loss}: the model has {', '.join(losses)}.")
            changed[name] = replace(sections[name], loss=losses[0])
    return changed


def _every(model: type[models.Model[Any]]) -> list[str]:
    """Return the detectors and repairs that a model can be looked at with."""
    return [
        name
        for name, cls in sorted(defenses.registry.usable().items())
        if issubclass(cls, (Detector, Repair)) and (model.takes_prompts or "prompt" not in cls.sections)
    ]
