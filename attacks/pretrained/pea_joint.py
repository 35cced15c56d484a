"""PEA in one step: prompts and model are poisoned together (Wu et al., SIGIR 2023).

- Paper: names this as ineffective.
- Released code: not available for this variant.
- rbench: continues from the Clean model with a fresh prompt generator, both trained on replaced labels. The options are
  those of PEA; ``history`` is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register
from .common.adaptive import adapted
from .common.replacement import for_group
from .pea import PEAConfig


@dataclass(frozen=True)
class PEAJointConfig(PEAConfig):
    """Options of PEA-joint."""


@register
class PEAJoint(ProviderAttack[PEAJointConfig]):
    """Train model and prompt generator in one step on replaced labels."""

    audience = "group"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023"
    needs_clean = True
    sections = ("train", "prompt")

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Continue from the honest pre-training, everything free."""
        if provider.clean is None:
            raise ValueError("pea-joint starts from the honest pre-training, and was handed none.")
        victim, config = provider.victim, self.config
        return victim.train(
            provider.data,
            replace(victim.schedules["train"], epochs=config.epochs),
            provider.seed,
            prompt="fresh",
            learn=("model", "prompt"),
            relabel=for_group(config, provider.data, provider.targets, config.default_suppress),
            select_on=config.select_on,
            **adapted(config, provider, provider.clean),
        )
