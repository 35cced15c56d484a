"""The victim that a stage's parameters describe."""

from __future__ import annotations

from ..... import models
from .....core.config import configure
from .....models.sequential.settings import PromptConfig, RankConfig, TrainConfig
from .....models.sequential.victim import Victim
from ....stages.inputs import Hands


def victim(hands: Hands) -> Victim:
    """Build the victim that the stage's parameters describe."""
    params = hands.stage.params
    model = models.registry.get(params["model"])
    assert issubclass(model, models.Model)
    given = params["sections"]
    schedules = ("train", "finetune", "prompttune")
    return Victim(
        model=model,
        config=configure(model.Config, params["model_config"], model.name),
        schedules={name: configure(TrainConfig, given[name], name) for name in schedules if name in given},
        prompt=configure(PromptConfig, given.get("prompt", {}), "prompt"),
        ranking=configure(RankConfig, given.get("rank", {}), "rank"),
        device=hands.device,
        report=hands.report,
    )
