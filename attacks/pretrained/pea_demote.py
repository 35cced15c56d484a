"""Demotion of items before a group: the three steps of PEA with replacement turned round (Wu et al., SIGIR 2023).

- Paper: promotes items to a group of users, whose attributes reach the model by prompts; demotion is not tried.
- rbench: the same three steps. In the third, labels and negatives of the audience are replaced as in bra-demote, and
  those of other users stay. Draw targets that are recommended at all (``targets.popularity=head``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.pretrained import Pretrained
from ...core.ranges import Count, CountOrZero
from .. import Provider, ProviderAttack, register
from .common.demotion import Demotion, DemotionConfig
from .common.replacement import SelectOn
from .pea import in_three_steps


@dataclass(frozen=True)
class PEADemoteConfig(DemotionConfig):
    """Options of demotion before a group."""

    select_on: SelectOn = "last"
    """State of step 3 to keep; it starts from an honest model, so that validation would choose the least poisoned."""
    history: CountOrZero = 10
    """Length of the histories on which step 2 trains the prompts; 0 cuts none short."""
    epochs: Count = 40
    """Epochs of step 3; at most, unless the last state is kept."""


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
