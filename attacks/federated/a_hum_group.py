"""A-hum aimed at an audience: promoted to public users of the audience, and kept from the other public users.

- Paper: none. A-hum (Rong et al., IJCAI 2022, section 3.2) promotes to everybody; that some profiles are public, and
  that their embeddings can be learnt from received parameters, is what FedRecAttack (Rong et al., ICDE 2022) lets its
  attacker know, who sees a small share of the interactions. That the targets are kept from everybody else is the idea
  of PEA ("Attacking Pre-trained Recommendation", SIGIR 2023).
- rbench: in every round a client draws users of the audience among the public ones, adds Gaussian noise to their
  embeddings and mines with them as A-hum does; its loss is the mean of -log score(target) over them, plus ``suppress``
  times the mean of -log(1 - score(target)) over as many of the others, added up over targets.
- It knows of public users what their clients train on, and who belongs to the audience; of all others nothing.
"""

from __future__ import annotations

from .. import Adversary, GroupClientAttack, register
from .common.group import GroupApproximation, GroupConfig


@register
class AHumGroup(GroupClientAttack[GroupConfig]):
    """Promote the targets to an audience of whom some profiles are public."""

    paper = "defined here, after Rong et al., IJCAI 2022 (A-hum) and ICDE 2022 (FedRecAttack)"

    def recruit(self, adversary: Adversary) -> GroupApproximation:
        """Return clients that imitate public users, and draw and mine with them anew in every round."""
        return GroupApproximation(adversary, self.config)
