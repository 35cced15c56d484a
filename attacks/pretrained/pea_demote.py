"""Demotion of items before a group: the three steps of PEA with replacement turned round (Wu et al., SIGIR 2023).

- Paper: promotes items to a group of users, whose attributes reach the model by prompts; demotion is not tried.
- rbench: the same three steps. In the third, labels and negatives of the audience are replaced as in bra-demote, and
  those of other users stay. Draw targets that are recommended at all (``targets.popularity=head``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register
from .common.demotion import Demotion, DemotionConfig
from .pea import ThreeStepsConfig, in_three_steps


@dataclass(frozen=True)
class PEADemoteConfig(ThreeStepsConfig, DemotionConfig):
    """Options of demotion before a group."""


@register
class PEADemote(ProviderAttack[PEADemoteConfig]):
    """Demote the targets before a group of users whose attributes reach the model by prompts."""

    audience = "group"
    direction = "demote"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023, turned round"
    needs_clean = True
    sections = ("train", "prompttune", "prompt")

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Run steps 2 and 3 on the honest pre-training, which is step 1."""
        audience = provider.targets.audience(provider.data)
        relabel = Demotion(provider.data, provider.targets, audience, self.config)
        return in_three_steps(self.name, provider, self.config, relabel)
