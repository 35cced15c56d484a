"""A-ra, attack with random approximation (Rong et al., Poisoning Deep Learning Based ..., IJCAI 2022, section 3.1).

Malicious clients know no user, so they draw embeddings from a Gaussian distribution and upload the
gradient that raises the targets' scores for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from . import FederatedAttack, register
from .common.approximation import Approximation
from .common.malicious import MaliciousConfig

if TYPE_CHECKING:
    from ..models.federation.adversary import Adversary


@dataclass(frozen=True)
class ARaConfig(MaliciousConfig):
    """Options of A-ra."""

    draws: int = 10
    """Embeddings n that a client draws in a round; all targets share them, as in equation 7."""
    sigma: float = 0.01
    """Their standard deviation σ."""
    variant: Literal["paper", "released"] = "paper"
    """For several targets: the sum over them (the paper's equation 7), or their mean (the released code)."""


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
