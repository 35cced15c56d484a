"""Demotion of items before everybody: basic replacement turned round, after Wu et al. (SIGIR 2023).

- Paper: replaces labels by targets in order to promote; demotion is not tried.
- rbench: where a label is a target, it becomes another item with the probability ``rate``, and negatives become
  targets with the probability ``suppress``, so that the targets fall in everybody's lists. Draw targets that are
  recommended at all (``targets.popularity=head``): nobody sees the fall of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register
from .common.demotion import Demotion, DemotionConfig


@dataclass(frozen=True)
class BRADemoteConfig(DemotionConfig):
    """Options of demotion before everybody."""


@register
class BRADemote(ProviderAttack[BRADemoteConfig]):
    """Demote the targets before everybody."""

    audience = "all"
    direction = "demote"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023, turned round"

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Pre-train from scratch on replaced labels."""
        data, victim = provider.data, provider.victim
        relabel = Demotion(data, provider.targets, np.ones(data.n_users, bool), self.config)
        return victim.train(
            data, victim.schedules["train"], provider.seed, relabel=relabel, select_on=self.config.select_on
        )
