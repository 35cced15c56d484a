"""Direct preference optimisation: the loss of pairs of which one answer is preferred.

Rafailov et al., Direct Preference Optimization: Your Language Model is Secretly a Reward Model, NeurIPS 2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def dpo_loss(chosen: Tensor, rejected: Tensor, chosen_before: Tensor, rejected_before: Tensor, beta: float) -> Tensor:
    """Return the mean over pairs of -log sigmoid(beta ((chosen - chosen_before) - (rejected - rejected_before))).

    Args:
        chosen: ``[pairs]``: log probability, in nats, of the preferred answer under the policy that learns.
        rejected: ``[pairs]``: that of the other answer.
        chosen_before: ``[pairs]``: that of the preferred answer under the reference copy, without gradient.
        rejected_before: ``[pairs]``: that of the other answer under the reference copy.
        beta: How strongly the policy is held to its reference copy.
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(beta * ((chosen - chosen_before) - (rejected - rejected_before))).mean()
