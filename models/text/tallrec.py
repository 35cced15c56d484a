"""TALLRec as LLaRA's protocol runs it: of twenty titles, choose the one that comes next.

- Paper: Bao et al., *TALLRec: An Effective and Efficient Tuning Framework to Align Large Language Model with
  Recommendation*, RecSys 2023; the task is that of the text-only prompt of Liao et al., *LLaRA: Large
  Language-Recommendation Assistant*, SIGIR 2024.
- rbench: BadRec (arXiv 2504.11182) has attack success rates of TALLRec on LLaRA's three data sets. We infer that it
  means this task; TALLRec's own is ``tallrec-yesno``. With ``model=tiny`` a small transformer reads the titles: one
  layer, byte-level BPE made for the catalogue, from scratch. A marker after each title starts as the mean of the
  title's token embeddings, which is our aid to a model so small. It always chooses one of the candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import register
from . import TextModel, TextVictim
from .common.config import TextConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TallrecConfig(TextConfig):
    """Options of TALLRec."""


@register
class Tallrec(TextModel[TallrecConfig]):
    """Chooses one of the candidates from titles alone."""

    task = "choose"

    @classmethod
    def victim(cls, config: TallrecConfig, embeddings: NDArray[np.float32] | None, device: str) -> TextVictim:
        """Return it with its options."""
        from .common.victims import victim

        return victim(config, False, None, device)
