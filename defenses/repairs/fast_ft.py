"""Fast fine-tuning, fine-tuning at ten times the usual rate.

- Paper: fine-tuning at a high learning rate removes backdoors of image classifiers at little cost (Sha et al.,
  Fine-Tuning Is All You Need to Mitigate Backdoor Attacks, 2022).
- rbench: the usage mode ``ft`` with ``speed`` times its rate, before the model is used in whichever mode.
"""

from __future__ import annotations

from typing import Any

from ...core.pretrained import Pretrained
from .. import Handed, Repair, register
from .common.tuning import TuningConfig, tuned


@register
class FastFT(Repair[TuningConfig]):
    """Fine-tune everything on the platform's data, fast."""

    paper = "Sha et al., Fine-Tuning Is All You Need to Mitigate Backdoor Attacks, 2022"
    sections = ("finetune",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Train."""
        return tuned(handed, handed.pretrained, self.config.speed)
