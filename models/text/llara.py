"""LLaRA: choose one of twenty titles, each followed by the projected embedding of its item.

- Paper: Liao et al., *LLaRA: Large Language-Recommendation Assistant*, SIGIR 2024.
- Released code: a sequential recommender (SASRec, among others) is frozen, and its item embeddings of width 64 pass
  two layers with GELU between them. A curriculum: the prompt has them with a probability that grows with the steps.
- rbench: the same with rbench's SASRec, which is trained before the attacker's users come; ``model=tiny`` is the
  reader that ``tallrec`` has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.ranges import Count
from .. import register
from . import TextModel, TextVictim
from .common.config import TextConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LlaraConfig(TextConfig):
    """Options of LLaRA."""

    epochs: Count = 3
    """How often each list is seen."""


@register
class Llara(TextModel[LlaraConfig]):
    """Chooses one of the candidates from titles and item embeddings."""

    task = "choose"
    needs_embeddings = True

    @classmethod
    def victim(cls, config: LlaraConfig, embeddings: NDArray[np.float32] | None, device: str) -> TextVictim:
        """Return it with its options."""
        from .common.victims import victim

        return victim(config, False, embeddings, device)
