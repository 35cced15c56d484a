"""A-hum, attack with hard user mining (Rong et al., Poisoning Deep Learning Based ..., IJCAI 2022, section 3.2).

As A-ra, but the drawn embeddings first descend -log(1 - score of the target): they become users to
whom the target is a negative, whose gradients work against the attack.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Adversary, FederatedAttack, register
from .common.approximation import Approximation
from .common.malicious import ApproximationConfig


@dataclass(frozen=True)
class AHumConfig(ApproximationConfig):
    """Options of A-hum."""

    steps: int = 30
    """Steps β of mining; 0 mines none."""
    step_size: float = 0.001
    """Size ξ of a step of mining."""


@register
class AHum(FederatedAttack):
    """Promote the targets to users who are hard to win."""

    Config = AHumConfig
    paper = "Rong et al., Poisoning Deep Learning Based Recommender Model in Federated Learning Scenarios, IJCAI 2022"

    def recruit(self, adversary: Adversary) -> Approximation:
        """Return clients that draw embeddings and mine with them anew in every round."""
        o = self.config
        released = o.variant == "released"
        return Approximation(adversary, o.draws, o.sigma, released, released, o.steps, o.step_size)
