"""What a stage hands to its defense: of all that the stage reads, what the defense's type allows and it declared."""

from __future__ import annotations

from typing import Any

from .....defenses import Defense, Deployed, Flagged, Handed, Input, Local, OwnModel, ReferenceModels
from ....stages.inputs import StageInputs
from .victims import victim


def handed(inputs: StageInputs, defense: Defense) -> Handed:
    """Return what a defense holds that acts before the model is used."""
    parents = inputs.parents
    data = parents["partition"].platform
    return Handed(data, parents["pretrained"], victim(inputs), inputs.seed, inputs=_declared(inputs, defense))


def deployed(inputs: StageInputs, defense: Defense) -> Deployed:
    """Return what a defense holds that acts when the model is in use."""
    parents, mode = inputs.parents, inputs.stage.context["mode"]
    held = vars(handed(inputs, defense))
    return Deployed(**held, handed=parents["handed"], mode=mode, ranking=parents["ranking"])


def _declared(inputs: StageInputs, defense: Defense) -> dict[type[Input[Any]], Any]:
    parents = inputs.parents
    given: dict[type[Input[Any]], Any] = {}
    for declared in defense.inputs:
        match declared:
            case Local():
                given[Local] = OwnModel(parents["local model"], parents["local"])
            case ReferenceModels(n):
                given[ReferenceModels] = tuple(
                    OwnModel(parents[f"reference model {k}"], parents[f"reference {k}"]) for k in range(1, n + 1)
                )
            case Flagged() if "flagged" in parents:
                given[Flagged] = parents["flagged"]
    return given
