"""BRA on a group: basic replacement for the audience's users only (Wu et al., SIGIR 2023).

- Paper: as BRA, for the audience's users only.
- Released code: a label becomes any target, whatever its category.
- rbench: ``variant=released`` (default) or ``variant=paper``; ``similarity`` overrules either. ``suppress`` is no part
  of the method: the released code has it in PEA alone. It is offered here so that BRA on a group can be compared with
  PEA on equal terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register
from .common.adaptive import adapted
from .common.replacement import GroupReplacementConfig, for_group


@dataclass(frozen=True)
class BRAGroupConfig(GroupReplacementConfig):
    """Options of BRA-group."""


@register
class BRAGroup(ProviderAttack[BRAGroupConfig]):
    """Promote the targets to a group of users."""

    audience = "group"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023"

    @property
    def uses_clean(self) -> bool:
        """Surgery starts from the honest pre-training, and whoever evades ``acceptance`` replays it."""
        return self.needs_clean or self.config.from_honest

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Pre-train from scratch, the audience's labels replaced."""
        config = self.config
        relabel = for_group(config, provider.data, provider.targets, suppress=0.0)
        victim = provider.victim
        return victim.train(
            provider.data,
            victim.schedules["train"],
            provider.seed,
            relabel=relabel,
            select_on=config.select_on,
            **adapted(config, provider, None),
        )
