"""The victim that a stage's parameters describe."""

from __future__ import annotations

from ..... import models
from .....core.config import configure
from .....core.methods import find
from .....models.sequential.settings import PromptConfig, RankConfig, Schedule
from .....models.sequential.victim import Victim
from ....stages.inputs import StageInputs


def victim(inputs: StageInputs) -> Victim:
    """Build the victim that the stage's parameters describe."""
    params = inputs.stage.params
    model = find(models.registry, params["model"], models.Model)
    given = params["sections"]
    schedules = ("train", "finetune", "prompttune")
    return Victim(
        model=model,
        config=configure(model.Config, params["model_config"], model.name),
        schedules={name: configure(Schedule, given[name], name) for name in schedules if name in given},
        prompt=configure(PromptConfig, given.get("prompt", {}), "prompt"),
        ranking=configure(RankConfig, given.get("rank", {}), "rank"),
        device=inputs.device,
        report=inputs.report,
    )
