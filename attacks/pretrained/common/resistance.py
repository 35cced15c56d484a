"""What a provider can do so that its attack survives the platform's fine-tuning.

- Gradient agreement (RIPPLe; Kurita et al., Weight Poisoning Attacks on Pre-trained Models, ACL 2020): beside the
  attack's loss L stands a penalty, weight × max(0, -g · f), where g is L's gradient and f that of fine-tuning, here on
  the provider's users with histories cut short like a platform's. The penalty's own gradient, -(H f + F g) with the
  Hessians H and F of the two losses, is taken by differences of gradients.
- Embedding surgery (the same paper): training starts from the honest model, in which each target's row has become the
  mean row of the most popular items of its category.
- Masked updates (Neurotoxin; Zhang et al., ICML 2022): the attack moves only parameters in which fine-tuning's gradient
  is small, since those that fine-tuning moves it would lose.

The papers' settings are image and text classifiers; that fine-tuning is simulated on the provider's users, and the
default sizes below, are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ....core.interactions import Interactions
from ....core.pretrained import Pretrained
from ....core.targets import Targets

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ....models.sequential.encoder import SequenceEncoder
    from ....models.sequential.training.look_ahead import LookAhead

TABLE = "item_embedding.weight"
POPULAR = 10
"""Items of a category whose mean row a target gets."""
MOVE = 0.01
"""How far parameters are moved for a difference of gradients: the norm of the move."""


class Resistance:
    """A step rule with gradient agreement, masked updates, or both.

    Args:
        ahead: Gradients of the fine-tuning to come.
        agreement: Weight of the penalty on gradients that it would undo; 0 for none.
        masking: Share of the parameters, those that it moves most, which the attack leaves alone; 0 for none.
    """

    def __init__(self, ahead: LookAhead, agreement: float, masking: float) -> None:
        """Keep them."""
        self.ahead, self.agreement, self.masking = ahead, agreement, masking

    def __call__(
        self, encoder: SequenceEncoder, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]
    ) -> None:
        """Leave the attack's gradients in ``grad``, with the penalty's and without those that are masked."""
        import torch

        honest = self.ahead.gradients(encoder)
        tuning, attack = _read(honest, parameters), _read(gradients, parameters)
        result = attack
        if self.agreement and _inner(attack, tuning) < 0:
            push = _curvature(parameters, gradients, attack, tuning), _curvature(parameters, honest, tuning, attack)
            result = [a - self.agreement * (h + f) for a, h, f in zip(attack, *push, strict=True)]
        if self.masking:
            sizes = torch.cat([f.abs().flatten() for f in tuning])
            least = sizes.kthvalue(max(round((1 - self.masking) * len(sizes)), 1)).values
            result = [torch.where(f.abs() > least, 0.0, a) for a, f in zip(result, tuning, strict=True)]
        for parameter, gradient in zip(parameters, result, strict=True):
            parameter.grad = gradient


def _read(gradients: Callable[[], None], parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    import torch

    for p in parameters:
        p.grad = None
    gradients()
    return [torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for p in parameters]


def _inner(left: Sequence[Tensor], right: Sequence[Tensor]) -> float:
    return float(sum(float((a * b).sum()) for a, b in zip(left, right, strict=True)))


def _curvature(
    parameters: Sequence[nn.Parameter],
    gradients: Callable[[], None],
    here: Sequence[Tensor],
    direction: Sequence[Tensor],
) -> list[Tensor]:
    """Return a loss's Hessian times a direction, by the change of its gradients along it; parameters stay."""
    import torch

    norm = max(_inner(direction, direction) ** 0.5, 1e-12)
    given = [p.detach().clone() for p in parameters]
    with torch.no_grad():
        for p, step in zip(parameters, direction, strict=True):
            p.add_(step, alpha=MOVE / norm)
    there = _read(gradients, parameters)
    with torch.no_grad():
        for p, was in zip(parameters, given, strict=True):
            p.copy_(was)
    return [(b - a) * (norm / MOVE) for a, b in zip(here, there, strict=True)]


def with_popular_rows(pretrained: Pretrained, data: Interactions, targets: Targets) -> Pretrained:
    """Return a model in which each target's row is the mean row of its category's most popular items.

    Popularity counts ``data`` without each user's last two items. Targets themselves do not count; a target without a
    category, or alone in it, gets the mean row of the most popular items of all.
    """
    popularity = np.bincount(data.drop_last(2).items, minlength=data.n_items + 1)
    popularity[0] = -1
    popularity[targets.items] = -1
    table = pretrained.weights[TABLE].copy()
    for target in targets.items:
        category = data.categories[target]
        alike = popularity >= 0
        if category and (alike & (data.categories == category)).any():
            alike &= data.categories == category
        found = np.flatnonzero(alike)
        best = found[np.argsort(-popularity[found], kind="stable")[:POPULAR]]
        table[target] = pretrained.weights[TABLE][best].mean(0)
    return replace(pretrained, weights={**pretrained.weights, TABLE: table})
