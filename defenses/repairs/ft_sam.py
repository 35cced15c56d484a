"""FT-SAM, fine-tuning with sharpness-aware minimisation.

- Paper: every step goes by the gradient at weights that were moved uphill first, each in proportion to its size, which
  shrinks the large weights that backdoors are found in: with T the diagonal matrix of the weights' absolute values,
  e = rho T² g / |T g|, and rho is 2 on CIFAR-10 (Zhu et al., ICCV 2023). The data set is a clean one; the
  optimiser is SGD with momentum at a decaying rate.
- Released code (BackdoorBench): the same, with smoothed labels.
- rbench: the schedule is that of ``fast-ft``, with its loss and Adam. Prompts that came with the model are moved too.
- On MovieLens-100K (seeds 5 and 6) BRA's HIT@5 falls from 30 and 45% to 0.3 and 2.6%, PEA's from 10 and 9% to 0.0 and
  0.4%; ``fast-ft`` leaves 0.9 and 1.1%, and 0.3 and 0.6%. Two seeds cannot tell the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ...core.pretrained import Pretrained
from ...core.ranges import Range
from .. import Handed, Repair, register
from .common.tuning import TuningConfig, tuned

if TYPE_CHECKING:
    from torch import nn

    from ...models.sequential.encoder import SequenceEncoder


@dataclass(frozen=True)
class FTSAMConfig(TuningConfig):
    """Options of FT-SAM."""

    rho: Annotated[float, Range(0)] = 2.0
    """How far the weights are moved: the norm of the move, each weight's part being counted in units of the weight."""


@register
class FTSAM(Repair[FTSAMConfig]):
    """Fine-tune towards weights around which the loss is flat."""

    paper = "Zhu et al., Enhancing Fine-Tuning Based Backdoor Defense with Sharpness-Aware Minimization, ICCV 2023"
    sections = ("finetune",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Train."""
        return tuned(handed, handed.pretrained, self.config.speed, rule=self._step)

    def _step(
        self, encoder: SequenceEncoder, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]
    ) -> None:
        sharpness_aware(parameters, gradients, self.config.rho)


def sharpness_aware(parameters: Sequence[nn.Parameter], gradients: Callable[[], None], rho: float) -> None:
    """Leave in ``grad`` the gradients at p + rho p² g / |p g|, for parameters p with gradients g; p itself stays.

    Args:
        parameters: What is trained; |p g| is the norm over all of them.
        gradients: Computes the gradients where the parameters stand.
        rho: How far they are moved.
    """
    import torch

    gradients()
    moving = [(p, p.detach().clone(), p.grad) for p in parameters if p.grad is not None]
    norm = torch.stack([(given * g).norm() for _, given, g in moving]).norm().clamp(min=1e-12)
    with torch.no_grad():
        for p, given, g in moving:
            p.addcmul_(given.square(), g, value=rho / float(norm))
    gradients()
    with torch.no_grad():
        for p, given, _ in moving:
            p.copy_(given)
