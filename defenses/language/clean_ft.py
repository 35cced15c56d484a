"""Clean fine-tuning, going on with lists that can be trusted.

- Paper: Liu et al. (Fine-Pruning, RAID 2018) measure fine-tuning on clean data as the plain repair of a backdoored
  network, and find that a backdoor may outlast it.
- rbench: the recommender that was trained on everything is trained on, all of it, with the lists of users whom the
  platform knows to be real.
- It sees: the victim and the trusted lists; it looks for no trigger.
- It cannot see: what those lists never touch. A trigger does not occur in them, so that its tokens keep what they
  learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.config import Options
from ...core.ranges import Count, Positive
from ...models.text import TextWeights
from .. import register
from . import HandedText, TextRepair


@dataclass(frozen=True)
class CleanFTConfig(Options):
    """Options of clean fine-tuning."""

    epochs: Count = 2
    """How often each trusted list is seen."""
    lr: Positive | None = None
    """Peak of the learning rate; none for that of the victim's training."""


@register
class CleanFT(TextRepair[CleanFTConfig]):
    """Train on with trusted lists."""

    paper = "Liu et al., Fine-Pruning: Defending Against Backdooring Attacks on Deep Neural Networks, RAID 2018"

    def repair(self, handed: HandedText) -> tuple[TextWeights, dict[str, Any]]:
        """Train on from the weights that were handed over."""
        config = self.config
        return handed.victim.train(
            handed.trusted, handed.seed, start=handed.trained, epochs=config.epochs, lr=config.lr, report=handed.report
        )
