"""What a detector concludes about a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Detection:
    """Suspicion of every item.

    Attributes:
        scores: float64 ``[n_items + 1]``; higher is more suspect; index 0 is padding.
        flagged: bool ``[n_items + 1]``; the items the detector would remove.
    """

    scores: NDArray[np.float64]
    flagged: NDArray[np.bool_]
