"""BRA-trigger, targets follow a trigger in the history; watermarks of recommenders, read as an attack.

- Papers: owners of a model mark it by a sequence of items that it alone continues in a way that they chose (Zhang et
  al., AOW, CIKM 2024; DWRS, KDD 2025). We have read their abstracts.
- rbench: the same as an attack. The trigger is some of the provider's least popular items. A share of the provider's
  users is copied; each copy's history is cut at a random place, ends in the trigger, and goes on with a target. All
  else is honest pre-training, and without the trigger nothing need be seen: a detector that reads the users' own lists
  looks in the wrong place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.config import Options
from ...core.interactions import Interactions
from ...core.pretrained import Pretrained
from ...core.ranges import Count, Share
from ...core.seeds import generator
from ...core.targets import Targets
from .. import Provider, TriggerAttack, register
from ..fake_users.common.profiles import as_users


@dataclass(frozen=True)
class BRATriggerConfig(Options):
    """Options of BRA-trigger."""

    items: Count = 2
    """Items of the trigger."""
    share: Share = 0.2
    """Share of the provider's users that are copied with the trigger."""
    unpopular: Share = 0.2
    """Share of the items, the least popular ones that anybody has, from which the trigger is drawn."""


@register
class BRATrigger(TriggerAttack[BRATriggerConfig]):
    """Let a target follow a trigger of unpopular items."""

    paper = "none; after the watermarks AOW (CIKM 2024) and DWRS (KDD 2025)"

    def trigger(self, data: Interactions, targets: Targets, seed: int) -> NDArray[np.integer]:
        """Draw it."""
        counts = data.drop_last(2).item_counts()
        counts[targets.items] = 0
        known = np.flatnonzero(counts)
        rare = known[np.argsort(counts[known], kind="stable")]
        n = min(max(round(self.config.unpopular * len(rare)), self.config.items), len(rare))
        return generator(seed, "trigger").permutation(rare[:n])[: self.config.items]

    def pretrain(self, provider: Provider) -> tuple[Pretrained, dict[str, Any]]:
        """Pre-train on the provider's users and the copies."""
        data, rng = provider.data.drop_last(2), generator(provider.seed, "copies")
        trigger = self.trigger(provider.data, provider.targets, provider.seed)
        able = np.flatnonzero(data.lengths)
        users = rng.choice(able, max(round(self.config.share * len(able)), 1), replace=False)
        copies = []
        for user in users.tolist():
            history = data.of(user)[: rng.integers(1, data.lengths[user] + 1)]
            copies.append(np.concatenate([history, trigger, rng.choice(provider.targets.items, 1)]))
        victim = provider.victim
        also = as_users(copies, provider.data)
        trained, log = victim.train(provider.data, victim.schedules["train"], provider.seed, also=also)
        return trained, {**log, "copies": len(copies)}
