"""A-ra, attack with random approximation (Rong et al., Poisoning Deep Learning Based ..., IJCAI 2022, section 3.1).

- Paper: malicious clients know no user, so they approximate users' embeddings by n draws from N(0, σ²). The loss is the
  sum over targets of the mean of −log of the target's score; the clients upload its gradients.
- Released code: all targets share the draws, and the loss is a mean over targets; the same for one target.
- rbench: a client draws anew in every round, and its draws serve all its targets. ``variant`` matters for several
  targets: ``paper`` (default) takes the sum over them, ``released`` their mean.
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
class ARa(FederatedAttack[ARaConfig]):
    """Promote the targets to users drawn at random."""

    paper = "Rong et al., Poisoning Deep Learning Based Recommender Model in Federated Learning Scenarios, IJCAI 2022"

    def recruit(self, adversary: Adversary) -> Approximation:
        """Return clients that draw embeddings anew in every round."""
        return Approximation(
            adversary, self.config.draws, self.config.sigma, shared=True, mean=self.config.variant == "released"
        )
