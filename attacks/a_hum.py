"""A-hum, attack with hard user mining (Rong et al., Poisoning Deep Learning Based ..., IJCAI 2022, section 3.2).

As A-ra, but the drawn embeddings first descend -log(1 - score of the target): they become users to
whom the target is a negative, whose gradients work against the attack.
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
class AHumConfig(MaliciousConfig):
    """Options of A-hum."""

    draws: int = 10
    """Embeddings n that a client draws in a round, for each target that has its own."""
    sigma: float = 0.01
    """Their standard deviation σ before mining."""
    steps: int = 30
    """Steps β of mining; 0 mines none."""
    step_size: float = 0.001
    """Size ξ of a step of mining."""
    variant: Literal["paper", "released"] = "paper"
    """For several targets: draws for each and the sum (the paper's equation 10), or one for all and the mean."""


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
