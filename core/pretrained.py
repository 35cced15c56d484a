"""What a provider hands over, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A pre-trained recommender in transit: weights and a card, never code.

    Attributes:
        weights: The encoder's state, parameter name to array.
        prompt: The prompt generator's state, or None where the provider gives none.
        card: What the provider claims: model name, its configuration, validation accuracy.
            Neither targets nor the name of an attack have a place in it.
    """

    weights: Weights
    prompt: Weights | None
    card: Mapping[str, Any]
