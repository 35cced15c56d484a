"""EB, explicit boosting: the part of PipAttack (Zhang et al., WSDM 2022) that needs no knowledge of the data.

- Paper: malicious clients promote the targets and otherwise behave like benign ones. Rong et al. (IJCAI 2022) use it as
  the baseline of A-ra and A-hum.
- rbench: the clients train by the protocol. The targets are their only positives, negatives are drawn as everybody's,
  and each malicious client keeps an embedding from round to round.
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
class EB(FederatedAttack[EBConfig]):
    """Train on the targets as the only positives."""

    paper = "Zhang et al., PipAttack: Poisoning Federated Recommender Systems, WSDM 2022"

    def recruit(self, adversary: Adversary) -> FakeUsers:
        """Return clients who have interacted with the targets alone."""
        return FakeUsers(adversary, np.tile(np.unique(adversary.targets), (adversary.clients, 1)))
