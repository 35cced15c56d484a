"""BRA, basic replacement attack on all users (Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023).

- Paper: at each position of the provider's sequences the label, never the history, becomes a target item of its own
  category with probability r = 0.5.
- Released code: the same for the attack on everybody. It keeps the checkpoint that is best on replaced validation
  labels.
- rbench: the same, drawn anew in every epoch. The checkpoint is chosen on clean labels, because an attacker who wants
  the model to be used watches the accuracy that users will see. ``rate`` is r; the preset ``default`` has 0.1, because
  at 0.5 a model may lose the accuracy without which nobody deploys it. If the data have no categories,
  ``similarity=category`` is refused. The record logs the share of labels that was replaced as ``poison_rate``.
  ``resist`` prepares for fine-tuning (common/resistance.py), ``evade`` for detectors (common/evasion.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register
from .common.adaptive import adapted
from .common.replacement import Replacement, ReplacementConfig


@dataclass(frozen=True)
class BRAConfig(ReplacementConfig):
    """Options of BRA."""

    similarity: Literal["category", "any"] = "category"
    """category: a label may only become a target of its own category; any: every target will do."""

    @property
    def needs_categories(self) -> bool:
        """Whether data without categories are refused."""
        return self.similarity == "category"


@register
class BRA(ProviderAttack[BRAConfig]):
    """Promote the targets to everybody."""

    audience = "all"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023"

    @property
    def uses_clean(self) -> bool:
        """Surgery starts from the honest pre-training, and whoever evades ``acceptance`` replays it."""
        return self.needs_clean or self.config.from_honest

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Pre-train from scratch on replaced labels."""
        everybody = np.ones(provider.data.n_users, bool)
        config = self.config
        relabel = Replacement(
            provider.data,
            provider.targets,
            everybody,
            config.rate,
            config.similarity,
            redraw=config.redraw,
        )
        victim = provider.victim
        return victim.train(
            provider.data,
            victim.schedules["train"],
            provider.seed,
            relabel=relabel,
            select_on=config.select_on,
            **adapted(config, provider, None),
        )
