"""A-hum, attack with hard user mining (Rong et al., Poisoning Deep Learning Based ..., IJCAI 2022, section 3.2).

- Paper: as A-ra, but each draw first descends −log(1 − score of the target) against the received model, β steps of size
  ξ: it becomes a user to whom the target is a negative, and whose gradients work against the attack.
- Released code: all targets share the draws, and losses are means over targets, in mining too; the same for one target.
- rbench: with ``variant=paper`` (default) each target has draws of its own and losses are added up;
  ``variant=released`` follows the released code.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...core.ranges import CountOrZero, Positive
from .. import Adversary, FederatedAttack, register
from .common.approximation import Approximation
from .common.malicious import ApproximationConfig


@dataclass(frozen=True)
class AHumConfig(ApproximationConfig):
    """Options of A-hum."""

    steps: CountOrZero = 30
    """Steps β of mining; 0 mines none."""
    step_size: Positive = 0.001
    """Size ξ of a step of mining."""


@register
class AHum(FederatedAttack[AHumConfig]):
    """Promote the targets to users who are hard to win."""

    paper = "Rong et al., Poisoning Deep Learning Based Recommender Model in Federated Learning Scenarios, IJCAI 2022"

    def recruit(self, adversary: Adversary) -> Approximation:
        """Return clients that draw embeddings and mine with them anew in every round."""
        o = self.config
        released = o.variant == "released"
        return Approximation(adversary, o.draws, o.sigma, released, released, o.steps, o.step_size)
