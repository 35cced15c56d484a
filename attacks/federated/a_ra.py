"""A-ra, attack with random approximation (Rong et al., Poisoning Deep Learning Based ..., IJCAI 2022, section 3.1).

Malicious clients know no user, so they draw embeddings from a Gaussian distribution and upload the
gradient that raises the targets' scores for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Adversary, FederatedAttack, register
from .common.approximation import Approximation
from .common.malicious import ApproximationConfig


@dataclass(frozen=True)
class ARaConfig(ApproximationConfig):
    """Options of A-ra."""


@register
class ARa(FederatedAttack):
    """Promote the targets to users drawn at random."""

    Config = ARaConfig
    paper = "Rong et al., Poisoning Deep Learning Based Recommender Model in Federated Learning Scenarios, IJCAI 2022"

    def recruit(self, adversary: Adversary) -> Approximation:
        """Return clients that draw embeddings anew in every round."""
        return Approximation(
            adversary, self.config.draws, self.config.sigma, shared=True, mean=self.config.variant == "released"
        )
