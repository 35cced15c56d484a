"""NAD, neural attention distillation.

- Paper: the model handed over is fine-tuned on clean data, and becomes the teacher; the model handed over is then
  fine-tuned again with a term that pulls its layers' attention maps (sums of squared activations over channels, each
  normalised) to the teacher's (Li et al., Neural Attention Distillation, ICLR 2021).
- rbench: the teacher is that of ``fast-ft``. A sequence's state has no channels to sum over, so that the term is the
  mean squared distance of normalised states themselves. It needs the states that the network is trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ...core.pretrained import Pretrained
from ...core.ranges import Range
from ...core.seeds import derive
from .. import Handed, Repair, register
from .common.tuning import TuningConfig, tuned

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.sequential.batch import Batch
    from ...models.sequential.encoder import SequenceEncoder


@dataclass(frozen=True)
class NADConfig(TuningConfig):
    """Options of neural attention distillation."""

    weight: Annotated[float, Range(0)] = 1.0
    """Weight of the distance to the teacher's states beside the schedule's loss."""


@register
class NAD(Repair[NADConfig]):
    """Fine-tune towards the states of a fine-tuned teacher."""

    paper = "Li et al., Neural Attention Distillation, ICLR 2021"
    sections = ("finetune",)
    needs_products = True

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Train the teacher, then the student."""
        import torch
        from torch.nn.functional import normalize

        model, log = tuned(handed, handed.pretrained, self.config.speed)
        opened = handed.victim.open(model, handed.data)
        opened.check_products()
        teacher = opened.encoder

        def distance(student: SequenceEncoder, batch: Batch) -> Tensor:
            with torch.no_grad():
                wanted = normalize(teacher.vectors(batch), dim=1)
            apart: Tensor = normalize(student.vectors(batch), dim=1) - wanted
            return self.config.weight * apart.square().sum(1).mean()

        # With the teacher's own draws the student would repeat its steps.
        seed = derive(handed.seed, "student")
        repaired, student_log = tuned(handed, handed.pretrained, self.config.speed, seed=seed, term=distance)
        return repaired, {**student_log, "teacher": log}
