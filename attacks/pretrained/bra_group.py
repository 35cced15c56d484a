"""BRA-group, basic replacement for the audience's users only (Wu et al., SIGIR 2023).

By the paper's text a label becomes a target of its own category; the released code takes any
target. ``suppress`` is no part of the method: the released code has it in PEA alone, and it is
offered here so that the two can be compared on equal terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.pretrained import Pretrained
from .. import Provider, ProviderAttack, register
from .common.replacement import GroupReplacementConfig, for_group


@dataclass(frozen=True)
class BRAGroupConfig(GroupReplacementConfig):
    """Options of BRA-group."""


@register
class BRAGroup(ProviderAttack[BRAGroupConfig]):
    """Promote the targets to a group of users."""

    audience = "group"
    paper = "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023"

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Pre-train from scratch, the audience's labels replaced."""
        config = self.config
        relabel = for_group(config, provider.data, provider.targets, suppress=0.0)
        victim = provider.victim
        return victim.train(
            provider.data, victim.schedules["train"], provider.seed, relabel=relabel, select_on=config.select_on
        )
