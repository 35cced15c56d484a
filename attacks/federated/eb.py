"""EB, explicit boosting, a part of PipAttack (Zhang et al., WSDM 2022) that needs no knowledge of the data.

As the baseline of A-ra and A-hum (Rong et al., IJCAI 2022) has it: malicious clients train by the
protocol, with the targets as their only positives, negatives drawn as everybody's, and an embedding
that they keep from round to round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import Adversary, FederatedAttack, register
from .common.fake_users import FakeUsers
from .common.malicious import MaliciousConfig


@dataclass(frozen=True)
class EBConfig(MaliciousConfig):
    """Options of EB."""


@register
class EB(FederatedAttack):
    """Train on the targets as the only positives."""

    Config = EBConfig
    paper = "Zhang et al., PipAttack: Poisoning Federated Recommender Systems, WSDM 2022"

    def recruit(self, adversary: Adversary) -> FakeUsers:
        """Return clients who have interacted with the targets alone."""
        return FakeUsers(adversary, np.tile(np.unique(adversary.targets), (adversary.clients, 1)))
