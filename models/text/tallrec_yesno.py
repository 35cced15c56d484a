"""TALLRec's own task: liked titles, disliked titles, a target title, and does the user like it, Yes or No?

- Paper: Bao et al., *TALLRec: An Effective and Efficient Tuning Framework to Align Large Language Model with
  Recommendation*, RecSys 2023.
- Released code: the last ten titles, liked ones first; a rating above 3 is a like; AUC of the two answers' tokens.
- rbench: the same; of ``model=tiny`` up to ten later titles of a user are asked about in one pass, in which they do
  not see each other, with the same result as ten prompts. Users are split as for the other victims, so that all are
  measured on the same questions: TALLRec's own split is by the users' order in the file. Where lists are to be
  ranked, the candidates rank by the logit of Yes.
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
class TallrecYesnoConfig(TextConfig):
    """Options of TALLRec's own task."""

    samples: Count = 8_000
    """Training histories at most, drawn by seed, each with up to ten targets."""
    epochs: Count = 3
    """How often each is seen."""


@register
class TallrecYesno(TextModel[TallrecYesnoConfig]):
    """Says of a title whether a user likes it."""

    task = "yesno"

    @classmethod
    def victim(cls, config: TallrecYesnoConfig, embeddings: NDArray[np.float32] | None, device: str) -> TextVictim:
        """Return it with its options."""
        from .common.victims import victim

        return victim(config, True, None, device)
