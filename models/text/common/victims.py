"""Which victim an option ``model`` names: the small transformer, or a published language model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import TextVictim
from .config import TINY, TextConfig


def victim(config: TextConfig, yes_or_no: bool, embeddings: NDArray[np.float32] | None, device: str) -> TextVictim:
    """Return the victim.

    Args:
        config: Its options.
        yes_or_no: Whether every candidate is a question of its own.
        embeddings: float32 ``[n_items + 1, k]``, or None for one that reads titles only.
        device: Where to compute.

    Raises:
        UserError: If there is no such model.
    """
    if config.model == TINY:
        from .tiny.victim import TinyVictim

        return TinyVictim(config, yes_or_no, embeddings, device)
    from .causal.folder import check_installed, folder_of

    check_installed()
    from .causal.victim import CausalVictim

    return CausalVictim(config, folder_of(config.model), yes_or_no, embeddings, device)
