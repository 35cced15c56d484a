"""Fine-tuning: all that was handed over is tuned on the platform's data.

All parameters, the provider's prompts included, are trained with the section ``finetune``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .....core.interactions import Interactions
from .....core.pretrained import Pretrained
from . import Mode, register

if TYPE_CHECKING:
    from .....models.sequential.victim import Victim


@register
class FineTuning(Mode):
    """Tune every parameter, the provider's prompts included."""

    sections = ("finetune",)

    def adapt(
        self, pretrained: Pretrained, data: Interactions, victim: Victim, seed: int
    ) -> tuple[Pretrained, dict[str, Any]]:
        """Continue training on the platform's users."""
        schedule = victim.schedules["finetune"]
        return victim.train(data, schedule, seed, start=pretrained, prompt="given", learn=("model", "prompt"))
