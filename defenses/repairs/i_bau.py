"""I-BAU, unlearning of a universal change of the input.

- Paper: weights are trained on clean data against the one bounded perturbation, the same for all inputs, that raises
  the loss most: min over weights, max over perturbations. The gradient for the weights takes into account that the
  perturbation follows them; this implicit part is a series, cut off (Zeng et al., ICLR 2022).
- Released code: in each of five rounds the perturbation starts from zero and climbs once through the data, bounded by
  a small weight of its norm alone (a ball of radius 10, a third of an image's norm, is commented out); five terms of
  the series, at rate 0.1; Adam at 0.001; a hundredth of each batch is perturbed.
- rbench: the perturbation is a vector added to every embedded item of a history, for victims with prompts too: SASRec
  normalises its input, so that no bound on a prompt's length would be one. All histories are perturbed, as in the
  paper's text. It lies in a ball, goes on from step to step, and climbs before each step of training; second
  derivatives are differences of gradients. The loss is cross-entropy over all items where the victim has it, as
  sampled negatives hardly ever are a target; the rest of the schedule is that of ``fast-ft``.
- The vector hardly helps. On MovieLens-100K (seed 5, BRA with HIT@5 30% and HR@10 .186) it comes to 0.8% and .221, one
  term to 0.6% and .231, cross-entropy without a vector to 1.8% and .224, ``fast-ft`` to 0.9% and .217; a ball three
  times as large to 7.5% and .190. The default radius was chosen there. It takes ten times as long as ``fast-ft``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.pretrained import Pretrained
from ...core.ranges import Count, CountOrZero, Positive
from .. import Handed, Repair, register
from .common.tuning import TuningConfig, tuned

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ...models.sequential.encoder import SequenceEncoder

STRIDE = 0.2
"""How far the vector climbs at a time, as a share of the radius."""
NUDGE = 0.01
"""How far the vector is moved for a difference of gradients, in items' root mean square length (as in DARTS)."""


@dataclass(frozen=True)
class IBAUConfig(TuningConfig):
    """Options of I-BAU."""

    radius: Positive = 0.1
    """Longest vector that is added, in units of the items' root mean square length."""
    ascents: CountOrZero = 1
    """Times that the vector climbs before each step of training; 0: no vector is ever added."""
    terms: Count = 5
    """Terms of the series for the implicit gradient; each but the first costs two more gradients."""
    rate: Positive = 0.1
    """Rate of the ascent whose fixed point the vector is taken for."""


@register
class IBAU(Repair[IBAUConfig]):
    """Fine-tune against the vector that raises the loss most when it is added to every embedded item."""

    paper = "Zeng et al., Adversarial Unlearning of Backdoors via Implicit Hypergradient, ICLR 2022"
    sections = ("finetune",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Train."""
        return tuned(handed, handed.pretrained, self.config.speed, rule=Unlearning(self.config), loss="softmax")


class Unlearning:
    """The step rule: climb, then go by the implicit gradients.

    Attributes:
        vector: float ``[1, d]``, in units of the items' root mean square length; None before the first step.
    """

    def __init__(self, config: IBAUConfig) -> None:
        """Begin without a vector."""
        self.config, self.vector = config, None

    vector: Tensor | None

    def __call__(
        self, encoder: SequenceEncoder, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]
    ) -> None:
        """Move the vector uphill, and leave the gradients that take into account how it follows the parameters."""
        import torch

        from ...models.sequential.shift import shifted

        table = encoder.item_embedding.weight
        unit = table.detach()[1:].square().sum(1).mean().sqrt()
        if self.vector is None:
            self.vector = torch.zeros(1, table.shape[1], device=table.device, requires_grad=True)
        vector, radius = self.vector, self.config.radius

        def perturbed() -> None:
            vector.grad = None
            with shifted(encoder, unit * vector):
                gradients()

        for _ in range(self.config.ascents):
            perturbed()
            assert vector.grad is not None
            with torch.no_grad():
                vector += STRIDE * radius * vector.grad / vector.grad.norm().clamp(min=1e-12)
                vector *= (radius / vector.norm().clamp(min=1e-12)).clamp(max=1)
        implicit(parameters, vector, perturbed, self.config.terms, self.config.rate)


def implicit(
    parameters: Sequence[nn.Parameter], vector: Tensor, gradients: Callable[[], None], terms: int, rate: float
) -> None:
    """Leave in the parameters' ``grad`` the gradients of the loss L at a vector v that maximises it, as they move.

    They are L_p + rate L_pv u, where u is the sum over k < terms of (1 + rate L_vv)^k L_v; subscripts are derivatives.
    With many terms and a small rate u becomes -(rate L_vv)^-1 L_v, the implicit function theorem's.

    Args:
        parameters: p.
        vector: v; it is as it was afterwards.
        gradients: Computes the gradients of L for p and v where they stand.
        terms: Of the sum.
        rate: Small enough for the sum to converge, if L is concave in v.
    """
    import torch

    def along(direction: Tensor, *wanted: Tensor) -> list[Tensor]:
        """Return how the gradients for some tensors change as v moves in a direction."""
        here, step = vector.detach().clone(), NUDGE / direction.norm().clamp(min=1e-12)
        sides = []
        for sign in (1, -1):
            with torch.no_grad():
                vector.copy_(here + sign * step * direction)
            gradients()
            sides.append([torch.zeros_like(part) if part.grad is None else part.grad for part in wanted])
        with torch.no_grad():
            vector.copy_(here)
        return [(up - down) / (2 * step) for up, down in zip(*sides, strict=True)]

    gradients()
    assert vector.grad is not None
    slope = series = vector.grad
    learning = [(p, p.grad) for p in parameters if p.grad is not None]
    for _ in range(terms - 1):
        series = slope + series + rate * along(series, vector)[0]
    for (p, direct), change in zip(learning, along(series, *(p for p, _ in learning)), strict=True):
        p.grad = direct + rate * change
