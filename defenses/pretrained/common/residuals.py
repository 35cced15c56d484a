"""How far items' values stand above what their popularity predicts, in robust standard deviations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def strata(popularity: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return int64 ``[n]``: 0 for items nobody has, 1 to 4 for the quarters of the others, the rarest first.

    Args:
        popularity: int ``[n]``: interactions of each item, padding left out.
    """
    seen = popularity[popularity > 0]
    if not len(seen):
        return np.zeros(len(popularity), np.int64)
    edges = np.unique(np.quantile(seen, [0, 0.25, 0.5, 0.75]))
    return np.searchsorted(edges, popularity, side="right").astype(np.int64)


def usual(values: Values, popularity: NDArray[np.integer]) -> tuple[Values, Values]:
    """Return what is usual for items of like popularity: centre and scale, float64 ``[n_items + 1]`` each.

    The centre is the isotonic regression of the values on log(1 + popularity) plus the median residual of the
    stratum. The scale is 1.4826 times the median absolute deviation of the stratum's residuals, which is the standard
    deviation of normal ones (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993). Nothing is tuned.

    Args:
        values: float64 ``[n_items + 1]``; index 0 is padding.
        popularity: int ``[n_items + 1]``: interactions of each item.
    """
    from sklearn.isotonic import IsotonicRegression

    known = np.log1p(popularity[1:].astype(np.float64))
    centre, scale = np.zeros(len(values)), np.ones(len(values))
    centre[1:] = IsotonicRegression().fit(known, values[1:]).predict(known)
    groups = np.concatenate([[-1], strata(popularity[1:])])
    for group in np.unique(groups[1:]):
        inside = groups == group
        residuals = values[inside] - centre[inside]
        middle = np.median(residuals)
        centre[inside] += middle
        scale[inside] = max(1.4826 * np.median(np.abs(residuals - middle)), 1e-6)
    return centre, scale


def residual_z(values: Values, popularity: NDArray[np.integer]) -> Values:
    """Return (value - centre) / scale, both as in :func:`usual`: float64 ``[n_items + 1]``, 0 for padding."""
    centre, scale = usual(values, popularity)
    z: Values = (values - centre) / scale
    z[0] = 0.0
    return z
