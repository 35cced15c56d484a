"""The victim that a stage's parameters describe."""

from __future__ import annotations

from typing import TypeVar

from ..... import models
from .....core.config import configure
from .....core.interactions import Interactions
from .....core.methods import find
from .....core.pretrained import Pretrained
from .....models.sequential.settings import PromptConfig, RankConfig, Schedule
from .....models.sequential.victim import Victim
from ....stages.inputs import StageInputs

Made = TypeVar("Made")


def victim(inputs: StageInputs) -> Victim:
    """Build the victim that the stage's parameters describe."""
    params = inputs.stage.params
    model = find(models.registry, params["model"], models.Model)
    sections = params["sections"]
    schedules = ("train", "finetune", "prompttune")
    return Victim(
        model=model,
        config=configure(model.Config, params["model_config"], model.name),
        schedules={name: configure(Schedule, sections[name], name) for name in schedules if name in sections},
        prompt=configure(PromptConfig, sections.get("prompt", {}), "prompt"),
        ranking=configure(RankConfig, sections.get("rank", {}), "rank"),
        device=inputs.device,
        report=inputs.report,
    )


def fitting(found: Made, victim: Victim, data: Interactions) -> Made:
    """Return a method's model and log once the model was opened: what does not fit must not be stored as done.

    Raises:
        UserError: If its weights do not fit the victim; says which.
    """
    if isinstance(found, tuple) and found and isinstance(found[0], Pretrained):  # of other types the worker speaks
        victim.open(found[0], data)
    return found
