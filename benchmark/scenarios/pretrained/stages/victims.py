"""The victim that a stage's parameters describe."""

from __future__ import annotations

from ..... import models
from .....core.config import restore
from .....core.methods import find
from .....models.sequential.settings import PromptConfig, RankConfig, Schedule
from .....models.sequential.victim import Victim
from ....stages.inputs import StageInputs


def victim(inputs: StageInputs) -> Victim:
    """Build the victim that the stage's parameters describe."""
    params = inputs.stage.params
    model = find(models.registry, params["model"], models.Model)
    sections = params["sections"]
    schedules = ("train", "finetune", "prompttune")
    return Victim(
        model=model,
        config=restore(model.Config, params["model_config"], model.name),
        schedules={name: restore(Schedule, sections[name], name) for name in schedules if name in sections},
        prompt=restore(PromptConfig, sections.get("prompt", {}), "prompt"),
        ranking=restore(RankConfig, sections.get("rank", {}), "rank"),
        device=inputs.device,
        report=inputs.report,
    )
