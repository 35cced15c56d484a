"""I-BAU, adversarial unlearning of a universal change of the input."""

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


@dataclass(frozen=True)
class IBAUConfig(TuningConfig):
    """Options of I-BAU."""

    radius: Positive = 1.0
    """Longest vector that is added to embedded items, in units of their root mean square length."""
    ascents: CountOrZero = 1
    """Steps uphill that the vector takes before each step of training."""
    stride: Positive = 0.2
    terms: Count = 5
    """Terms of the series for the implicit gradient: iterations of the fixed point."""
    rate: Positive = 0.1
    """Rate of the map whose fixed point the vector is."""


@register
class IBAU(Repair[IBAUConfig]):
    """Train against the vector that raises the loss most, when it is added to every embedded item."""

    paper = "Zeng et al., Adversarial Unlearning of Backdoors via Implicit Hypergradient, ICLR 2022"
    sections = ("finetune",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Train."""
        return tuned(handed, handed.pretrained, self.config.speed, loss="softmax", rule=_Unlearning(self.config))


class _Unlearning:
    def __init__(self, config: IBAUConfig) -> None:
        self.config = config
        self.vector: Tensor | None = None

    def __call__(
        self, encoder: SequenceEncoder, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]
    ) -> None:
        """Move the vector uphill, and leave the gradient of the loss at a vector that follows the weights."""
        import torch

        from ...models.sequential.shift import shifted

        table = encoder.item_embedding.weight
        with torch.no_grad():
            unit = table[1:].square().sum(1).mean().sqrt()
            if self.vector is None:
                self.vector = torch.zeros(1, table.shape[1], device=table.device)
        vector = self.vector.requires_grad_()

        def compute() -> None:
            vector.grad = None
            with shifted(encoder, unit * vector):
                gradients()

        for _ in range(self.config.ascents):
            compute()
            with torch.no_grad():
                assert vector.grad is not None
                vector += self.config.stride * vector.grad / vector.grad.norm().clamp(min=1e-12)
                vector *= (self.config.radius / vector.norm()).clamp(max=1)
        implicit_gradients(parameters, vector, compute, self.config.terms, self.config.rate)


def implicit_gradients(
    parameters: Sequence[nn.Parameter], vector: Tensor, gradients: Callable[[], None], terms: int, rate: float
) -> None:
    import torch

    step = 0.01

    def along(direction: Tensor, wanted: Sequence[Tensor]) -> list[Tensor]:
        """Return the derivative of the gradients of ``wanted`` as the vector moves in a direction, by differences."""
        here, size = vector.detach().clone(), step / direction.norm().clamp(min=1e-12)
        found = []
        for sign in (1, -1):
            with torch.no_grad():
                vector.copy_(here + sign * size * direction)
            gradients()
            found.append([torch.zeros_like(w) if w.grad is None else w.grad for w in wanted])
        with torch.no_grad():
            vector.copy_(here)
        return [(up - down) / (2 * size) for up, down in zip(*found, strict=True)]

    gradients()
    assert vector.grad is not None
    direct, slope = [p.grad for p in parameters], vector.grad
    series = slope
    for _ in range(terms - 1):
        series = slope + series + rate * along(series, [vector])[0]
    indirect = along(series, parameters)
    for p, d, i in zip(parameters, direct, indirect, strict=True):
        if d is not None:
            p.grad = d + rate * i
