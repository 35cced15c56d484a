"""RA, random attack (Kapoor et al., 2017), as the baseline of A-ra and A-hum (Rong et al., IJCAI 2022).

- Paper: fake users interact with the targets and with items at random; how many is not stated.
- Released code: 30 items in all.
- rbench: the same; the clients train by the protocol on these items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.ranges import Count
from ...core.seeds import generator
from .. import Adversary, FederatedAttack, register
from .common.fake_users import FakeUsers
from .common.malicious import MaliciousConfig


@dataclass(frozen=True)
class RAConfig(MaliciousConfig):
    """Options of RA."""

    profile: Count = 30
    """Items that a client pretends to have interacted with, the targets among them."""


@register
class RA(FederatedAttack[RAConfig]):
    """Train on the targets and on items drawn at random."""

    paper = "Kapoor et al., A Review of Attacks and Its Detection Attributes on Collaborative Recommender Systems, 2017"

    def recruit(self, adversary: Adversary) -> FakeUsers:
        """Return clients with fillers of their own, all different and none a target."""
        targets = np.unique(adversary.targets)
        others = np.setdiff1d(np.arange(1, adversary.n_items + 1), targets)
        fillers = min(max(0, self.config.profile - len(targets)), len(others))
        rng = generator(adversary.seed, "fillers")
        profiles = [np.concatenate([targets, rng.choice(others, fillers, False)]) for _ in range(adversary.clients)]
        return FakeUsers(adversary, np.stack(profiles))
