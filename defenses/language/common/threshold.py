"""The suspicion above which a title is flagged, fixed on trusted titles alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ....core.errors import UserError

ROUNDING = 1e-9
"""By how much a product may lie above a whole number that it should be."""


def threshold(trusted: NDArray[np.float64], fpr: float) -> float:
    """Return the threshold that a clean title's score exceeds with a probability of ``fpr`` at most.

    It is the score of rank ceil((n + 1) (1 - fpr)) among n trusted titles, as in split conformal prediction
    (Papadopoulos et al., ECML 2002): the bound holds for one further title that is drawn as they were. Where n is below
    1 / fpr - 1, no score is high enough for the bound; then the highest is returned, which a clean title exceeds with
    probability 1 / (n + 1) at most.

    Args:
        trusted: float64 ``[n]``: scores of trusted titles from which the scanner did not learn.
        fpr: The false-positive rate.

    Raises:
        UserError: If there is no score.
    """
    if not len(trusted):
        raise UserError("a title scanner fixes its threshold on trusted titles, and there are none.")
    rank = min(math.ceil((len(trusted) + 1) * (1 - fpr) - ROUNDING), len(trusted))
    return float(np.sort(trusted)[rank - 1])


def held_out(titles: Sequence[str], share: float, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return the titles to learn from, and those on which the threshold is fixed, each at least one.

    A title that occurs more than once counts once: it would stand on both sides else.

    Raises:
        UserError: If there are fewer than two different titles.
    """
    different = sorted(set(titles))
    if len(different) < 2:
        raise UserError(f"a title scanner needs two different trusted titles, and there are {len(different)}.")
    order = rng.permutation(len(different))
    kept = min(max(round(share * len(different)), 1), len(different) - 1)
    return [different[i] for i in order[kept:]], [different[i] for i in order[:kept]]
