"""Prompt-tuning: the model is frozen, and the platform trains a prompt generator of its own.

The generator is freshly initialised and trained with the section ``prompttune``; the provider's prompts are dropped.
A prompt is ``prompt.tokens`` soft tokens made by an MLP from the user's attributes, put before the sequence without a
position; ``prompt.deep=true`` gives each layer its own. Users need attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .....core.interactions import Interactions
from .....core.pretrained import Pretrained
from . import Mode, register

if TYPE_CHECKING:
    from .....models.sequential.victim import Victim


@register
class PromptTuning(Mode):
    """Train fresh prompts; the platform never sees the provider's."""

    sections = ("prompttune", "prompt")

    def adapt(
        self, pretrained: Pretrained, data: Interactions, victim: Victim, seed: int
    ) -> tuple[Pretrained, dict[str, Any]]:
        """Train a freshly initialised generator on the platform's users."""
        schedule = victim.schedules["prompttune"]
        return victim.train(data, schedule, seed, start=pretrained, prompt="fresh", learn=("prompt",))
