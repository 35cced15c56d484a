"""WiSE-FT, the average of the weights handed over and fine-tuned ones.

- Paper: weights of a zero-shot model and of its fine-tuned copy are interpolated, which keeps accuracy under shifts of
  the data (Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, CVPR 2022); the coefficient 0.5 is its default.
- rbench: the fine-tuned copy is that of ``fast-ft``; a prompt generator is interpolated too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.pretrained import Pretrained, Weights
from ...core.ranges import Share
from .. import Handed, Repair, register
from .common.tuning import TuningConfig, tuned


@dataclass(frozen=True)
class WiSEFTConfig(TuningConfig):
    """Options of WiSE-FT."""

    share: Share = 0.5
    """Weight of the fine-tuned model."""


@register
class WiSEFT(Repair[WiSEFTConfig]):
    """Interpolate, weight by weight, between the model handed over and a fine-tuned one."""

    paper = "Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, CVPR 2022"
    sections = ("finetune",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        """Fine-tune and average."""
        given = handed.pretrained
        after, log = tuned(handed, given, self.config.speed)
        prompt = None
        if given.prompt is not None and after.prompt is not None:
            prompt = interpolated(given.prompt, after.prompt, self.config.share)
        weights = interpolated(given.weights, after.weights, self.config.share)
        return Pretrained(weights, prompt, given.card), log


def interpolated(one: Weights, other: Weights, share: float) -> Weights:
    """Return (1 - share) one + share other, by name; what is not a number with a fraction is the other's."""
    return {
        name: ((1 - share) * value + share * other[name]).astype(value.dtype)
        if np.issubdtype(value.dtype, np.floating)
        else other[name]
        for name, value in one.items()
    }
